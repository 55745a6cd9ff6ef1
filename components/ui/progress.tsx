import { Check, Circle, X } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { cn } from "./class-names";
import { Spinner } from "./spinner";

export type ProgressStep = {
  key: string;
  label: ReactNode;
  state: "done" | "now" | "waiting" | "failed";
  /** How long it took, or since when it runs. */
  time?: ReactNode;
  /** What is going on, or why it failed. */
  detail?: ReactNode;
};

/** Named steps with their times: true progress, not a bar that guesses. */
export function ProgressSteps({ steps, label }: { steps: readonly ProgressStep[]; label: string }) {
  const t = useTranslations("ui.progress");
  return (
    <ol aria-label={label} className="flex flex-col">
      {steps.map((step, index) => (
        <li key={step.key} className="flex gap-3" aria-current={step.state === "now" ? "step" : undefined}>
          <div className="flex flex-col items-center">
            <span className="grid size-6 place-items-center">
              {step.state === "done" ? <Check aria-hidden="true" className="size-4 text-ok" /> : null}
              {step.state === "now" ? <Spinner className="text-accent" /> : null}
              {step.state === "failed" ? <X aria-hidden="true" className="size-4 text-danger" /> : null}
              {step.state === "waiting" ? <Circle aria-hidden="true" className="size-2.5 text-edge" /> : null}
            </span>
            {index < steps.length - 1 ? (
              <span aria-hidden="true" className="min-h-2 w-px flex-1 bg-border" />
            ) : null}
          </div>
          <div className="min-w-0 flex-1 pt-px pb-2">
            <div className="flex items-baseline justify-between gap-3">
              <span
                className={cn(
                  step.state === "now" && "font-medium",
                  step.state === "waiting" && "text-muted",
                  step.state === "failed" && "font-medium text-danger",
                )}
              >
                {step.label}
                <span className="sr-only">{t(step.state)}</span>
              </span>
              {step.time ? <span className="tabular text-muted text-xs">{step.time}</span> : null}
            </div>
            {step.detail ? <p className="text-muted text-sm">{step.detail}</p> : null}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** A bar, only where the share is known: bytes uploaded, memory reserved. */
export function ProgressBar({
  value,
  max,
  label,
  text,
  tone = "accent",
}: {
  value: number;
  max: number;
  label: string;
  text?: ReactNode;
  tone?: "accent" | "ok" | "warn" | "danger";
}) {
  const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
  const fills = { accent: "bg-accent", ok: "bg-ok", warn: "bg-warn", danger: "bg-danger" };
  return (
    <div className="flex min-w-0 items-center gap-2">
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        className="h-1.5 min-w-12 flex-1 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className={cn("h-full origin-left transition-transform", fills[tone])}
          style={{ transform: `scaleX(${share})` }}
        />
      </div>
      {text ? <span className="tabular shrink-0 text-muted text-xs">{text}</span> : null}
    </div>
  );
}
