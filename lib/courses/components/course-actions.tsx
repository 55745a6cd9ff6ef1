"use client";

import { Archive, ArchiveRestore, MoreHorizontal, Pencil } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { IconButton } from "@/components/ui/icon-button";
import { Menu } from "@/components/ui/menu";
import { toast } from "@/components/ui/toast";
import { archiveCourseAction, restoreCourseAction } from "../actions";
import { CourseDialog, type CourseValues } from "./course-dialog";

/** What can be done with a whole course. */
export function CourseActions({
  course,
  archived,
}: {
  course: CourseValues & { id: string };
  archived: boolean;
}) {
  const t = useTranslations("courses");
  const router = useRouter();
  const archive = useAction(archiveCourseAction);
  const restore = useAction(restoreCourseAction);
  const [editing, setEditing] = useState(false);
  const courseId = course.id;
  const restoreNow = async () => {
    if (!(await restore.run({ courseId }))) return;
    router.refresh();
    toast({ title: t("restored", { name: course.name }) });
  };
  const archiveNow = async () => {
    if (!(await archive.run({ courseId }))) return;
    router.refresh();
    toast({
      title: t("archivedNow", { name: course.name }),
      description: t("archivedHint"),
      undo: { label: t("undo"), run: () => void restoreNow() },
    });
  };
  if (archived)
    return (
      <Button
        icon={<ArchiveRestore aria-hidden="true" />}
        busy={restore.busy}
        onClick={() => void restoreNow()}
      >
        {t("restore")}
      </Button>
    );
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t("moreActions")}>
            <MoreHorizontal aria-hidden="true" />
          </IconButton>
        }
        entries={[
          { label: t("edit"), icon: <Pencil />, onSelect: () => setEditing(true) },
          "separator",
          { label: t("archive"), icon: <Archive />, onSelect: () => void archiveNow() },
        ]}
      />
      {editing ? (
        <CourseDialog
          course={course}
          onClose={() => setEditing(false)}
          onSaved={() => {
            setEditing(false);
            router.refresh();
          }}
        />
      ) : null}
    </>
  );
}
