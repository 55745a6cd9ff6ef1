import { useTranslations } from "next-intl";
import { StateChip } from "@/components/ui/state-chip";
import { type ShownWorkspace, WorkspaceStateChip } from "@/lib/workspaces/components/state-chip";
import type { TaskStatus } from "../status";

/** What a student's list says of a task: the workspace's own chip, else where the attempt is. */
export function TaskStatusChip({
  status,
  workspace,
  since,
}: {
  status: TaskStatus;
  workspace: ShownWorkspace | null;
  since?: boolean;
}) {
  const t = useTranslations("attempts.status");
  switch (status) {
    case "notOpen":
    case "notStarted":
    case "ended":
    case "closed":
    case "used":
      return <StateChip tone={status === "notStarted" ? "accent" : "neutral"}>{t(status)}</StateChip>;
    default:
      return workspace ? (
        <WorkspaceStateChip workspace={workspace} since={since} />
      ) : (
        <StateChip tone="neutral">{t("open")}</StateChip>
      );
  }
}
