import { Skeleton } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <div aria-busy="true">
      <div className="mb-4 flex h-7 items-center">
        <Skeleton className="h-6 w-36" />
      </div>
      <div className="mb-3 flex gap-2">
        {["w-16", "w-24", "w-24", "w-20"].map((width, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
          <Skeleton key={index} className={`h-8 rounded-full ${width}`} />
        ))}
      </div>
      <div className="divide-y divide-border rounded-md border border-border bg-raised">
        {[1, 2, 3, 4].map((row) => (
          <div key={row} className="flex h-[70px] items-center gap-6 px-4">
            <div className="flex flex-1 flex-col gap-2">
              <Skeleton className="h-5 w-1/2" />
              <Skeleton className="h-3.5 w-1/3" />
            </div>
            <Skeleton className="hidden w-24 md:block" />
            <Skeleton className="h-8 w-24" />
          </div>
        ))}
      </div>
    </div>
  );
}
