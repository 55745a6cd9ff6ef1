import { cn } from "./class-names";

/** Holds the place of what is on its way; give it the true size. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={cn("block h-4 w-full animate-pulse rounded-sm bg-sunken", className)}
    />
  );
}

const widths = ["w-2/5", "w-3/5", "w-1/2", "w-1/3"];

/** A table on its way: `rows` lines of 40 px. */
export function TableSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div aria-busy="true" className="rounded-md border border-border bg-raised">
      <div className="h-9 border-border border-b" />
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <div key={row} className="flex h-10 items-center gap-6 border-border border-b px-4 last:border-b-0">
          <Skeleton className={widths[row % widths.length]} />
          <Skeleton className="w-24" />
          <Skeleton className="hidden w-16 sm:block" />
        </div>
      ))}
    </div>
  );
}

/** A whole page on its way: title, then a table. For `loading.tsx`. */
export function PageSkeleton({ rows }: { rows?: number }) {
  return (
    <div className="flex flex-col gap-4">
      <div className="flex h-10 items-center">
        <Skeleton className="h-6 w-48" />
      </div>
      <TableSkeleton rows={rows} />
    </div>
  );
}
