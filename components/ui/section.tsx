import type { ReactNode } from "react";
import { cn } from "./class-names";

/** A bordered group with a heading. Never one in another: inside use `Divider` or space. */
export function Section({
  title,
  description,
  actions,
  flush,
  id,
  className,
  children,
}: {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  /** No padding: for tables and lists that bring their own. */
  flush?: boolean;
  id?: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <section id={id} className={cn("rounded-md border border-border bg-raised", className)}>
      {title || actions ? (
        <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-border border-b px-4 py-1.5">
          <div className="min-w-0 flex-1">
            <h2 className="font-semibold text-base">{title}</h2>
            {description ? <p className="text-muted text-xs">{description}</p> : null}
          </div>
          {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
        </header>
      ) : null}
      <div className={flush ? undefined : "p-4"}>{children}</div>
    </section>
  );
}

/** Facts of one thing, as terms and values. */
export function Facts({
  items,
  className,
}: {
  items: readonly { label: ReactNode; value: ReactNode }[];
  className?: string;
}) {
  return (
    <dl className={cn("grid grid-cols-[max-content_1fr] gap-x-6 gap-y-2 text-base", className)}>
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is fixed by its caller
        <div key={index} className="contents">
          <dt className="text-muted">{item.label}</dt>
          <dd className="min-w-0 break-words">{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Says something about the whole page or form: a calm bar in the tone of the matter. */
export function Notice({
  tone = "info",
  title,
  actions,
  role,
  children,
}: {
  tone?: "info" | "ok" | "warn" | "danger";
  title?: ReactNode;
  actions?: ReactNode;
  role?: "status" | "alert";
  children?: ReactNode;
}) {
  const tones = {
    info: "border-info bg-info-soft",
    ok: "border-ok bg-ok-soft",
    warn: "border-warn bg-warn-soft",
    danger: "border-danger bg-danger-soft",
  };
  return (
    <div
      role={role}
      className={cn(
        "flex flex-wrap gap-x-4 gap-y-2 rounded-md border-l-3 px-3 py-2",
        title ? "items-start" : "items-center",
        tones[tone],
      )}
    >
      <div className="min-w-[min(100%,14rem)] flex-1 text-sm">
        {title ? <p className="font-medium text-base">{title}</p> : null}
        {children}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </div>
  );
}
