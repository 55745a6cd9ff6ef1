import { Skeleton } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <div aria-busy="true" data-full-bleed="" className="flex h-dvh flex-col bg-surface">
      <div className="flex h-10 items-center gap-3 border-border border-b bg-raised px-3 pointer-coarse:h-12">
        <Skeleton className="w-40" />
        <Skeleton className="w-20" />
      </div>
    </div>
  );
}
