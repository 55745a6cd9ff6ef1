"use client";

import { Tabs as Base } from "@base-ui/react/tabs";
import { parseAsString, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { leaving } from "../leaving";
import { cn } from "./class-names";

const listClass = "flex gap-4 overflow-x-auto border-border border-b";
const tabClass =
  "-mb-px flex h-9 shrink-0 items-center gap-1.5 whitespace-nowrap border-b-2 border-transparent text-base text-muted hover:text-text pointer-coarse:h-11 focus-visible:outline-offset-[-2px]";
const activeClass = "border-accent font-medium text-text";

export type Tab = { value: string; label: ReactNode; count?: number; content: ReactNode };

const Count = ({ count }: { count: number }) => (
  <span className="tabular rounded-full bg-sunken px-1.5 text-text text-xs">{count}</span>
);

/** Tabs within a page; the open one is in the URL (`?tab=`), so back and links work. */
export function Tabs({
  tabs,
  param = "tab",
  label,
}: {
  tabs: readonly Tab[];
  param?: string;
  label?: string;
}) {
  const first = tabs[0]?.value ?? "";
  const [value, setValue] = useQueryState(
    param,
    // Not shallow: a refresh of a page whose URL the server has not seen is a full reload in Next 16,
    // when a second one is under way. The tab itself changes at once.
    parseAsString.withDefault(first).withOptions({ history: "push", shallow: false, scroll: false }),
  );
  const known = tabs.some((tab) => tab.value === value) ? value : first;
  return (
    <Base.Root value={known} onValueChange={(next) => leaving(() => void setValue(String(next)))}>
      <Base.List className={listClass} aria-label={label}>
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.value}
            value={tab.value}
            className={(state) => cn(tabClass, state.active && activeClass)}
          >
            {tab.label}
            {tab.count === undefined ? null : <Count count={tab.count} />}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value} className="pt-4 outline-none">
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
