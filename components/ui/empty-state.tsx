import type { ReactNode } from "react";
import { cn } from "./class-names";

/** One sentence what this is for, one main action, one link to the guide. */
export function EmptyState({
  icon,
  title,
  children,
  action,
  guide,
  heading,
  className,
}: {
  icon?: ReactNode;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  guide?: ReactNode;
  /** It is the whole page: its title is the h1. */
  heading?: boolean;
  className?: string;
}) {
  const Title = heading ? "h1" : "p";
  return (
    <div
      className={cn("mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center", className)}
    >
      {icon ? <div className="mb-1 text-muted [&>svg]:size-8 [&>svg]:stroke-[1.5]">{icon}</div> : null}
      <Title className="font-semibold text-lg">{title}</Title>
      {children ? <p className="text-muted text-sm">{children}</p> : null}
      {action || guide ? (
        <div className="mt-2 flex flex-wrap items-center justify-center gap-3 text-sm">
          {action}
          {guide}
        </div>
      ) : null}
    </div>
  );
}
