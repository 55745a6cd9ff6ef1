"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";

const cloud = [
  "cloud.time",
  "cloud.idle",
  "desktop.input",
  "desktop.copy",
  "desktop.keys",
  "cloud.hung",
  "reset",
  "desktop.keyboard",
  "desktop.lost",
] as const;

const topics = {
  jupyter: ["save", "time", "idle", "copy", "hung", "reset", "keyboard", "lost"],
  desktop: [
    "save",
    "desktop.time",
    "idle",
    "desktop.input",
    "desktop.copy",
    "desktop.keys",
    "desktop.hung",
    "reset",
    "desktop.keyboard",
    "desktop.lost",
  ],
  linux: ["cloud.save", ...cloud],
  windows: ["windows.save", ...cloud],
} as const;

/** What people stall on inside a workspace. */
export function WorkspaceHelp({
  about,
  open,
  onOpenChange,
  onKernels,
}: {
  about: keyof typeof topics;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Opens the list of kernels; absent where there is none to show. */
  onKernels?: () => void;
}) {
  const t = useTranslations("workspaces.help");
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("title")}>
      <dl className="flex flex-col gap-3">
        {topics[about].map((topic) => (
          <div key={topic}>
            <dt className="font-medium">{t(`${topic}.title`)}</dt>
            <dd className="text-muted text-sm">
              {t(`${topic}.text`)}
              {topic === "hung" && onKernels ? (
                <Button size="sm" className="mt-1 flex" onClick={onKernels}>
                  {t("hung.open")}
                </Button>
              ) : null}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
