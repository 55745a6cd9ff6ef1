import { Skeleton } from "./skeleton";

/** What a page about one thing shows until it is there: its head, its main column, a box beside it. */
export function DetailSkeleton() {
  return (
    <div aria-busy="true" className="flex flex-col gap-4">
      <div className="flex flex-col gap-2">
        <Skeleton className="w-24" />
        <Skeleton className="h-6 w-64 max-w-full" />
        <Skeleton className="w-56" />
      </div>
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <div className="flex flex-col gap-4">
          <div className="h-40 rounded-md border border-border bg-raised" />
          <div className="flex h-72 flex-col gap-3 rounded-md border border-border bg-raised p-4">
            <Skeleton className="w-1/3" />
            <Skeleton />
            <Skeleton className="w-4/5" />
          </div>
        </div>
        <div className="h-48 rounded-md border border-border bg-raised" />
      </div>
    </div>
  );
}
