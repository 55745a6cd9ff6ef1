"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactElement, useRef, useState } from "react";
import { useErrorMessage } from "@/components/error-message";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/section";
import { countFailedAction, replayFailedAction } from "../actions";
import type { JobFilter } from "../queries";

type What = { ids: readonly string[] } | { filter: Pick<JobFilter, "functionId" | "q"> };
type Count = { count: number; newest: string | null };
type Going = { started: number; passed: number; over: boolean; error?: string };

const batch = 50;
const mostCounted = 10_000;

/**
 * Replays failed runs, those selected or all that the filter finds: counts first, asks, then goes on 50 at a time
 * and says how far it is. Closing it stops after the batch under way; what was not replayed stays to be found.
 */
export function ReplayDialog({
  what,
  trigger,
  done,
}: {
  what: What;
  trigger: ReactElement<Record<string, unknown>>;
  done?: () => void;
}) {
  const t = useTranslations("jobs.replay");
  const message = useErrorMessage();
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const [count, setCount] = useState<Count | null>(null);
  const [going, setGoing] = useState<Going | null>(null);
  const stopped = useRef(false);

  const show = (next: boolean) => {
    setOpen(next);
    stopped.current = !next;
    if (!next) {
      if (going?.started) done?.();
      router.refresh();
      return;
    }
    setGoing(null);
    if ("ids" in what) {
      setCount({ count: what.ids.length, newest: null });
      return;
    }
    setCount(null);
    countFailedAction(what.filter).then(
      (answer) => {
        if (answer.ok) setCount(answer.data);
        else setGoing({ started: 0, passed: 0, over: true, error: message(answer.error) });
      },
      () =>
        setGoing({
          started: 0,
          passed: 0,
          over: true,
          error: message({ code: "unavailable", key: "unavailable" }),
        }),
    );
  };

  const start = async (from: "step" | "start") => {
    let now: Going = { started: 0, passed: 0, over: false };
    setGoing(now);
    try {
      for (const runs of batches(what, count)) {
        let before: string | undefined;
        do {
          const answer = await replayFailedAction({
            from,
            runs: "ids" in runs ? runs : { ...runs, before },
          });
          if (!answer.ok) return setGoing({ ...now, over: true, error: message(answer.error) });
          const { started, passed, next } = answer.data;
          now = { started: now.started + started, passed: now.passed + passed, over: false };
          setGoing(now);
          before = next ?? undefined;
        } while (before && !stopped.current);
        if (stopped.current) break;
      }
      setGoing({ ...now, over: true });
    } catch {
      setGoing({ ...now, over: true, error: message({ code: "unavailable", key: "unavailable" }) });
    }
  };

  const total = count?.count ?? 0;
  const gone = going ? going.started + going.passed : 0;
  return (
    <Dialog
      open={open}
      onOpenChange={show}
      trigger={trigger}
      size="sm"
      title={count ? t("title", { count: total, more: String(total >= mostCounted) }) : t("counting")}
      footer={
        going ? (
          <Button variant={going.over ? "primary" : "secondary"} onClick={() => show(false)}>
            {going.over ? t("close") : t("stop")}
          </Button>
        ) : (
          <>
            <Button onClick={() => void start("start")} disabled={total === 0}>
              {t("fromStart")}
            </Button>
            <Button variant="primary" onClick={() => void start("step")} disabled={total === 0}>
              {t("fromStep")}
            </Button>
          </>
        )
      }
    >
      {going === null ? (
        <p className="text-muted text-sm">{total === 0 && count ? t("none") : t("text")}</p>
      ) : (
        <div className="flex flex-col gap-2" aria-live="polite">
          <progress
            className="h-2 w-full accent-accent"
            aria-label={t("progress")}
            max={Math.max(total, 1)}
            value={going.over && !going.error ? Math.max(total, 1) : gone}
          />
          <p className="tabular text-sm">
            {t(going.over ? "result" : "going", { started: going.started, passed: going.passed, total })}
          </p>
          {going.error ? <Notice tone="danger">{going.error}</Notice> : null}
        </div>
      )}
    </Dialog>
  );
}

function* batches(what: What, count: Count | null) {
  if ("ids" in what) {
    for (let at = 0; at < what.ids.length; at += batch) yield { ids: what.ids.slice(at, at + batch) };
  } else if (count?.newest) yield { filter: what.filter, newest: count.newest };
}
