import { useTranslations } from "next-intl";
import type { Tone } from "@/components/ui/badge";
import { StateChip } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import type { CloudResourceState } from "@/db/schema/clouds";
import type { ResourceView } from "../views";

const looks: Record<CloudResourceState, { tone: Tone; moving?: true }> = {
  intended: { tone: "info", moving: true },
  accepted: { tone: "info", moving: true },
  running: { tone: "ok" },
  stopped: { tone: "neutral" },
  deleting: { tone: "warn", moving: true },
  gone: { tone: "neutral" },
  refused: { tone: "danger" },
};

/** Dot and word for one thing in a cloud; what the cloud misses or takes back says so first. */
export function ResourceState({ resource }: { resource: ResourceView }) {
  const t = useTranslations("clouds.resource");
  const { state, stateAt, kind, desired, missingSince, reclaimAt } = resource;
  const going = desired === "gone" && state !== "gone" && state !== "refused";
  const since = <Time at={stateAt} mode="relative" />;
  if (missingSince && state !== "gone")
    return (
      <StateChip tone="danger" since={<Time at={missingSince} mode="relative" />}>
        {t("missing")}
      </StateChip>
    );
  if (reclaimAt && !going && state !== "gone")
    return (
      <StateChip tone="warn" moving since={<Time at={reclaimAt} mode="time" />}>
        {t("reclaiming")}
      </StateChip>
    );
  if (going)
    return (
      <StateChip tone="warn" moving since={since}>
        {t("state.deleting")}
      </StateChip>
    );
  const isThing = kind !== "instance";
  const word = isThing && state === "running" ? "there" : isThing && state === "stopped" ? "loose" : state;
  return (
    <StateChip tone={looks[state].tone} moving={looks[state].moving} since={since}>
      {t(`state.${word}`)}
    </StateChip>
  );
}
