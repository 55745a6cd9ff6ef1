"use client";

import { useTranslations } from "next-intl";
import { TextAreaField, TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Dialog } from "@/components/ui/dialog";
import { createCourseAction, editCourseAction } from "../actions";
import { courseFields } from "../schema";

export type CourseValues = { name: string; code: string; term: string; description: string };

/** Creates a course, or edits one. */
export function CourseDialog({
  course,
  onClose,
  onSaved,
}: {
  course?: CourseValues & { id: string };
  onClose: () => void;
  onSaved: (courseId: string) => void;
}) {
  const t = useTranslations("courses");
  return (
    <Dialog open onOpenChange={(shown) => shown || onClose()} title={course ? t("edit") : t("create")}>
      <Form
        schema={courseFields}
        defaultValues={course ?? { name: "", code: "", term: "", description: "" }}
        submit={course ? t("save") : t("create")}
        onSubmit={async (values) => {
          const result = course
            ? await editCourseAction({ ...values, courseId: course.id })
            : await createCourseAction(values);
          if (result.ok) onSaved(result.data.courseId);
          return result;
        }}
      >
        <TextField
          name="name"
          label={t("field.name")}
          placeholder={t("placeholder.name")}
          required
          autoFocus
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField name="code" label={t("field.code")} placeholder={t("placeholder.code")} optional />
          <TextField name="term" label={t("field.term")} placeholder={t("placeholder.term")} optional />
        </div>
        <TextAreaField name="description" label={t("field.description")} rows={3} optional />
      </Form>
    </Dialog>
  );
}
