"use client";

import { MoreHorizontal, Pencil } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useArchive } from "@/components/form/use-archive";
import { IconButton } from "@/components/ui/icon-button";
import { Menu } from "@/components/ui/menu";
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
  const { entry, button } = useArchive(archiveCourseAction, restoreCourseAction);
  const [editing, setEditing] = useState(false);
  const thing = { input: { courseId: course.id }, name: course.name, hint: t("archivedHint") };
  if (archived) return button(thing, true);
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
          entry(thing, false),
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
