import { LogIn } from "lucide-react";
import { useTranslations } from "next-intl";
import { ButtonLink, type ButtonSize } from "@/components/ui/button";
import type { TaskAction, TaskStatus } from "../status";
import { StartButton } from "./start-button";

/** The one button of a task: start, continue, enter, or nothing. */
export function TaskActionButton({
  taskId,
  taskTitle,
  workspaceId,
  status,
  action,
  begun,
  size,
  main = true,
}: {
  taskId: string;
  taskTitle: string;
  workspaceId: string | null;
  status: TaskStatus;
  action: TaskAction;
  /** The clock of the open attempt has started. */
  begun: boolean;
  size?: ButtonSize;
  main?: boolean;
}) {
  const t = useTranslations("attempts");
  if (action === "enter" && workspaceId) {
    const ready = status === "ready" || status === "paused";
    return (
      <ButtonLink
        href={`/workspaces/${workspaceId}`}
        variant={main ? "primary" : "secondary"}
        size={size}
        icon={<LogIn aria-hidden="true" />}
        aria-label={ready ? t("actions.enterNamed", { name: taskTitle }) : undefined}
      >
        {t(ready ? "actions.enter" : "actions.watch")}
      </ButtonLink>
    );
  }
  if (action === "start" || action === "resume") {
    const kind = action === "resume" ? (begun ? "resume" : "retry") : status === "ended" ? "again" : "start";
    return <StartButton taskId={taskId} kind={kind} size={size} main={main} />;
  }
  return null;
}
