"use client";

import { Pencil, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { NumberField, SelectField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { toast } from "@/components/ui/toast";
import { removeBudgetAction, setBudgetAction } from "../actions";
import { budgetFields, setBudgetInput } from "../schema";
import { yuanOf } from "../yuan";

type Course = { id: string; name: string };
type Values = { amount: number; warnPercent: number };

/** What a course may spend, and when to warn. */
export function BudgetDialog({
  course,
  budget,
  onClose,
}: {
  course: Course;
  budget: Values | null;
  onClose: () => void;
}) {
  const t = useTranslations("costs.budget");
  const router = useRouter();
  const remove = useAction(removeBudgetAction);
  const done = (title: string) => {
    toast({ title });
    onClose();
    router.refresh();
  };
  return (
    <Dialog
      open
      onOpenChange={(shown) => shown || onClose()}
      title={budget ? t("edit") : t("set")}
      description={course.name}
    >
      <Form
        schema={budgetFields}
        defaultValues={{
          amount: budget ? yuanOf(budget.amount) : undefined,
          warnPercent: budget?.warnPercent ?? 80,
        }}
        submit={t("save")}
        actions={
          budget ? (
            <Button
              variant="ghost"
              icon={<Trash2 aria-hidden="true" />}
              busy={remove.busy}
              onClick={async () => {
                if (await remove.run({ courseId: course.id })) done(t("removed", { name: course.name }));
              }}
            >
              {t("remove")}
            </Button>
          ) : undefined
        }
        onSubmit={(values) => setBudgetAction({ ...values, courseId: course.id })}
        onDone={() => done(t("saved", { name: course.name }))}
      >
        <BudgetFields />
      </Form>
    </Dialog>
  );
}

function BudgetFields() {
  const t = useTranslations("costs.budget");
  return (
    <>
      <NumberField
        name="amount"
        label={t("amount")}
        help={t("amountHelp")}
        unit={t("yuan")}
        required
        autoFocus
      />
      <NumberField name="warnPercent" label={t("warnPercent")} help={t("warnHelp")} unit="%" required />
    </>
  );
}

/** The same for a course yet to be chosen. */
export function NewBudgetButton({ courses }: { courses: readonly Course[] }) {
  const t = useTranslations("costs.budget");
  const router = useRouter();
  const [open, setOpen] = useState(false);
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title={t("set")}
      trigger={<Button icon={<Pencil aria-hidden="true" />}>{t("set")}</Button>}
    >
      <Form
        schema={setBudgetInput}
        defaultValues={{ courseId: courses[0]?.id, warnPercent: 80 }}
        submit={t("save")}
        onSubmit={setBudgetAction}
        onDone={() => {
          setOpen(false);
          toast({ title: t("set") });
          router.refresh();
        }}
      >
        <SelectField
          name="courseId"
          label={t("course")}
          options={courses.map(({ id, name }) => ({ value: id, label: name }))}
          required
        />
        <BudgetFields />
      </Form>
    </Dialog>
  );
}

/** Opens {@link BudgetDialog} from a page's head. */
export function BudgetButton({ course, budget }: { course: Course; budget: Values | null }) {
  const t = useTranslations("costs.budget");
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button icon={<Pencil aria-hidden="true" />} onClick={() => setOpen(true)}>
        {budget ? t("edit") : t("set")}
      </Button>
      {open ? <BudgetDialog course={course} budget={budget} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
