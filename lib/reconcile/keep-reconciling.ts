import type { Ctx } from "@/lib/platform/context";
import { reconcile } from "./reconcile";

type Keeper = {
  /** Something turned: compare soon, not at the next minute. */
  wake(): void;
  /** Begins no further pass, and waits a little for the one that runs: whatever it leaves, the next one does. */
  stop(): Promise<void>;
};

/** Twice as often as anybody may have to wait for it. */
const everyMs = 30_000;
/** What the process before left behind ends soon after it: looked at once more. */
const secondMs = 15_000;
/** What turns seldom turns alone: ten containers of a host that restarts are one pass. */
const gatherMs = 500;
const graceMs = 2_000;

/** Reconciles at once, then twice a minute, and when woken; never two passes at a time in this process. */
export function keepReconciling({ ctx, everyMs: every = everyMs }: { ctx: Ctx; everyMs?: number }): Keeper {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let isFirst = true;
  let stopped = false;

  const plan = (ms: number) => {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(run, ms);
    timer.unref();
  };
  const run = () => {
    again = false;
    running = reconcile({ ctx })
      .then(
        () => undefined,
        (error: unknown) => ctx.log.warn({ err: error }, "nothing could be reconciled; tried again"),
      )
      .finally(() => {
        running = undefined;
        plan(again ? gatherMs : isFirst ? Math.min(secondMs, every) : every);
        isFirst = false;
      });
  };
  run();
  return {
    wake: () => {
      if (running) again = true;
      else plan(gatherMs);
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      const late = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref());
      await Promise.race([running, late]);
    },
  };
}
