import { useTranslations } from "next-intl";
import type { Tone } from "@/components/ui/badge";
import { StateChip } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import type { WorkspaceState } from "@/db/schema/workspaces";
import { type StartStep, startSteps } from "../steps";
import { WaitText } from "./wait-text";

const looks: Record<WorkspaceState, { tone: Tone; moving?: true }> = {
  requested: { tone: "info", moving: true },
  queued: { tone: "warn", moving: true },
  provisioning: { tone: "info", moving: true },
  booting: { tone: "info", moving: true },
  ready: { tone: "ok" },
  paused: { tone: "neutral" },
  stopping: { tone: "neutral", moving: true },
  stopped: { tone: "neutral" },
  failed: { tone: "danger" },
};

export type ShownWorkspace = {
  state: WorkspaceState;
  stateAt?: Date | null;
  step?: string | null;
  queuePosition?: number | null;
  queueUntil?: Date | null;
  health?: "ok" | "unreachable";
};

/** It waits for room, or has its place and waits for its turn to boot. */
const isWaiting = ({ state, step }: ShownWorkspace): boolean =>
  state === "queued" || state === "requested" || (state === "provisioning" && step === "turn");

/** The one look of a workspace's state: dot, word, how far it is, since when. */
export function WorkspaceStateChip({
  workspace,
  since,
  className,
}: {
  workspace: ShownWorkspace;
  /** Show since when. */
  since?: boolean;
  className?: string;
}) {
  const t = useTranslations("workspaces");
  const { state, stateAt, step, queuePosition, queueUntil, health } = workspace;
  const lost = health === "unreachable" && state === "ready";
  const at = startSteps.indexOf(step as StartStep);
  const starting = state === "provisioning" || state === "booting";
  const position = isWaiting(workspace) ? queuePosition : null;
  const text = lost
    ? t("states.unreachable")
    : position
      ? t(step === "turn" ? "states.turnAt" : "states.queuedAt", { position })
      : starting && at >= 0
        ? t("states.startingAt", { step: at + 1, steps: startSteps.length })
        : t(`states.${state}`);
  return (
    <StateChip
      tone={lost ? "warn" : looks[state].tone}
      moving={looks[state].moving}
      // How long it will be says more than how long it has been.
      since={since && stateAt && !position ? <Time at={stateAt} mode="relative" /> : undefined}
      className={className}
    >
      {text}
      {position && queueUntil ? (
        <span className="tabular ml-1.5 text-muted">
          <WaitText until={queueUntil} />
        </span>
      ) : null}
    </StateChip>
  );
}
