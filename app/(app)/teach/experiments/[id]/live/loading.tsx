import { Skeleton, TableSkeleton } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <div className="flex flex-col gap-3">
      <div className="mb-1 flex flex-col gap-2">
        <Skeleton className="w-56" />
        <Skeleton className="h-6 w-32" />
      </div>
      <Skeleton className="h-[58px] rounded-md" />
      <Skeleton className="h-8 w-64" />
      <TableSkeleton rows={12} />
    </div>
  );
}
