"use client";

import { CalendarClock, Plus, UserMinus, Users } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Badge } from "@/components/ui/badge";
import { Button, ButtonLink } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { IconButton } from "@/components/ui/icon-button";
import { Section } from "@/components/ui/section";
import { toast } from "@/components/ui/toast";
import { assignAction, unassignAction } from "../actions";
import type { Window } from "../window";
import { StudentSearch } from "./student-search";
import { OwnWindowForm, type Target, WindowForm } from "./window-form";
import { WindowWords } from "./window-words";

type ClassRow = { targetId: string; name: string; students: number } & Window;
type StudentRow = { targetId: string; name: string; username: string; number: string | null } & Window;

/** When the experiment is open, and for whom: classes and single students, each with a window of their own if needed. */
export function AudiencePanel({
  experimentId,
  courseId,
  window,
  classes,
  students,
  free,
  mayEdit,
}: {
  experimentId: string;
  courseId: string;
  window: Window;
  classes: readonly ClassRow[];
  students: readonly StudentRow[];
  /** Classes of the course that do not have it yet. */
  free: readonly { id: string; name: string; students: number }[];
  mayEdit: boolean;
}) {
  const t = useTranslations("experiments");
  const router = useRouter();
  const assign = useAction(assignAction);
  const unassign = useAction(unassignAction);
  const [setting, setSetting] = useState<Target | null>(null);

  const give = async (target: Pick<Target, "targetType" | "targetId" | "name">, own?: Window) => {
    const { targetType, targetId, name } = target;
    const result = await assign.run({
      experimentId,
      targetType,
      targetId,
      opensAt: own?.opensAt ?? null,
      closesAt: own?.closesAt ?? null,
    });
    if (!result) return;
    router.refresh();
    toast({ title: t("audience.given", { name }) });
  };
  const take = async (target: Target) => {
    const { targetType, targetId, name } = target;
    const result = await unassign.run({ experimentId, targetType, targetId });
    if (!result) return;
    router.refresh();
    toast({
      title: t("audience.taken", { name }),
      description: t("audience.takenHint"),
      undo: { label: t("undo"), run: () => void give(target, result.data.window) },
    });
  };
  const row = (target: Target, detail: string, href?: string) => (
    <li key={target.targetId} className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
      <div className="min-w-40 flex-1">
        {href ? (
          <Link href={href} className="font-medium hover:underline">
            {target.name}
          </Link>
        ) : (
          <span className="font-medium">{target.name}</span>
        )}
        <span className="tabular ml-2 text-muted text-sm">{detail}</span>
      </div>
      {target.opensAt || target.closesAt ? (
        <span className="flex items-center gap-2 text-sm">
          <Badge tone="info">{t("audience.ownWindow")}</Badge>
          <WindowWords
            window={{
              opensAt: target.opensAt ?? window.opensAt,
              closesAt: target.closesAt ?? window.closesAt,
            }}
          />
        </span>
      ) : null}
      {mayEdit ? (
        <span className="flex items-center">
          <IconButton
            label={t("audience.setWindow", { name: target.name })}
            onClick={() => setSetting(target)}
          >
            <CalendarClock aria-hidden="true" />
          </IconButton>
          <IconButton label={t("audience.take", { name: target.name })} onClick={() => void take(target)}>
            <UserMinus aria-hidden="true" />
          </IconButton>
        </span>
      ) : null}
    </li>
  );
  return (
    <div className="flex max-w-3xl flex-col gap-4">
      <Section title={t("section.window")} description={t("help.window")}>
        {mayEdit ? (
          <WindowForm experimentId={experimentId} window={window} />
        ) : (
          <WindowWords window={window} />
        )}
      </Section>
      <Section title={t("section.classes")} flush>
        {classes.length > 0 ? (
          <ul className="divide-y divide-border">
            {classes.map((one) =>
              row(
                { targetType: "class", ...one },
                t("audience.students", { count: one.students }),
                `/teach/classes/${one.targetId}`,
              ),
            )}
          </ul>
        ) : free.length === 0 ? (
          <EmptyState
            icon={<Users />}
            title={t("audience.noClassTitle")}
            action={
              mayEdit ? (
                <ButtonLink href={`/teach/courses/${courseId}?tab=classes`}>
                  {t("audience.enrolClass")}
                </ButtonLink>
              ) : undefined
            }
          >
            {t("audience.noClassHint")}
          </EmptyState>
        ) : (
          <p className="px-4 pt-4 text-muted text-sm">{t("audience.pick")}</p>
        )}
        {mayEdit && free.length > 0 ? (
          <div className="flex flex-wrap gap-2 border-border p-4 [&:not(:first-child)]:border-t">
            {free.map((one) => (
              <Button
                key={one.id}
                icon={<Plus aria-hidden="true" />}
                onClick={() => void give({ targetType: "class", targetId: one.id, name: one.name })}
              >
                {t("audience.addClass", { name: one.name, count: one.students })}
              </Button>
            ))}
          </div>
        ) : null}
      </Section>
      <Section title={t("section.students")} description={t("help.students")} flush>
        {students.length > 0 ? (
          <ul className="divide-y divide-border">
            {students.map((one) => row({ targetType: "student", ...one }, one.number ?? one.username))}
          </ul>
        ) : null}
        {mayEdit ? (
          <div className="border-border p-4 [&:not(:first-child)]:border-t">
            <StudentSearch
              experimentId={experimentId}
              taken={students.map((one) => one.targetId)}
              onAdd={(student) => give({ targetType: "student", targetId: student.id, name: student.name })}
            />
          </div>
        ) : students.length === 0 ? (
          <p className="p-4 text-muted text-sm">{t("audience.noStudents")}</p>
        ) : null}
      </Section>
      {setting ? (
        <Dialog
          open
          onOpenChange={(shown) => shown || setSetting(null)}
          title={t("audience.windowOf", { name: setting.name })}
          description={t("help.ownWindow")}
        >
          <OwnWindowForm
            experimentId={experimentId}
            target={setting}
            onDone={() => {
              setSetting(null);
              router.refresh();
            }}
          />
        </Dialog>
      ) : null}
    </div>
  );
}
