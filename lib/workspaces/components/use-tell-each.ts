"use client";

import { useErrorMessage } from "@/components/error-message";
import { toast } from "@/components/ui/toast";
import type { EachResult } from "../each";

/** Says of how many it was done, and why it was refused to the first of the others; whether it was done to any. */
export function useTellEach(): (result: EachResult, done: (count: number) => string) => boolean {
  const message = useErrorMessage();
  return (result, done) => {
    const count = result.done.length;
    const [refused] = result.failed;
    if (count > 0) toast({ title: done(count) });
    if (refused) toast({ title: message(refused), kind: "danger" });
    return count > 0;
  };
}
