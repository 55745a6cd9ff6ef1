import { useTranslations } from "next-intl";
import { StateChip } from "@/components/ui/state-chip";
import type { Job } from "../queries";
import { type Lane, lanesOf } from "../timeline";
import { lengthText, Took } from "./run-state";

const stepTones = { planned: "info", waiting: "info", done: "ok", failed: "danger" } as const;
const width = 1_000;

/** A run in time: a bar a step, beside the words; ticks are attempts that went wrong. */
export function Timeline({ run, now }: { run: Job; now: Date }) {
  const t = useTranslations("jobs");
  const words = t as Parameters<typeof lengthText>[0];
  const lanes = lanesOf(run);
  const begin = Math.min(...lanes.map((lane) => lane.from.getTime()));
  const end = Math.max(
    (run.endedAt ?? now).getTime(),
    ...lanes.map((lane) => (lane.to ?? now).getTime()),
    begin + 1,
  );
  const at = (date: Date) => ((date.getTime() - begin) / (end - begin)) * width;
  const nameOf = (lane: Lane) =>
    lane.kind === "queue"
      ? t("detail.queue")
      : lane.key === "function"
        ? t("detail.function")
        : lane.name || lane.key.slice(0, 8);
  return (
    <ol className="divide-y divide-border">
      {lanes.map((lane) => {
        const to = lane.to ?? now;
        const wide = Math.max(at(to) - at(lane.from), 4);
        const tone =
          lane.kind === "queue"
            ? "fill-edge"
            : lane.kind === "wait"
              ? "fill-info"
              : lane.state === "failed"
                ? "fill-danger"
                : "fill-accent";
        return (
          <li
            key={lane.key}
            className="grid grid-cols-[1fr_max-content_4.5rem] items-center gap-x-4 gap-y-1 px-4 py-2 lg:grid-cols-[16rem_6rem_1fr_4.5rem]"
          >
            <span
              className={
                lane.kind === "queue" || lane.key === "function"
                  ? "min-w-0 truncate text-muted text-sm"
                  : "min-w-0 truncate font-mono text-sm"
              }
              title={nameOf(lane)}
            >
              {nameOf(lane)}
            </span>
            {lane.kind === "queue" ? (
              <span />
            ) : (
              <span className="inline-flex flex-wrap items-center gap-x-2">
                <StateChip tone={stepTones[lane.state]} moving={!lane.to}>
                  {t(`detail.stepStates.${lane.state}`)}
                </StateChip>
                {lane.attempts > 1 ? (
                  <span className="tabular text-muted text-xs">
                    {t("detail.attempts", { count: lane.attempts })}
                  </span>
                ) : null}
              </span>
            )}
            <svg
              aria-hidden="true"
              viewBox={`0 0 ${width} 14`}
              preserveAspectRatio="none"
              className="order-last col-span-3 h-3.5 w-full lg:order-none lg:col-span-1"
            >
              <title>{`+${lengthText(words, lane.from.getTime() - begin)}`}</title>
              <rect x={0} y={6} width={width} height={1} className="fill-border" />
              <rect
                x={Math.min(at(lane.from), width - wide)}
                y={2}
                width={wide}
                height={10}
                className={tone}
              />
              {lane.failures.map((failure) => (
                <rect
                  key={failure.getTime()}
                  x={Math.min(at(failure), width - 4)}
                  y={0}
                  width={4}
                  height={14}
                  className="fill-danger"
                />
              ))}
            </svg>
            <span className="tabular text-right text-muted text-sm">
              <Took from={lane.from} to={to} />
            </span>
          </li>
        );
      })}
    </ol>
  );
}
