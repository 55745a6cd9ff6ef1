"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { DateTimeField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { toast } from "@/components/ui/toast";
import { assignAction, setWindowAction } from "../actions";
import { windowFields } from "../schema";
import type { Window } from "../window";

const iso = (window: Window) => ({
  opensAt: window.opensAt?.toISOString() ?? null,
  closesAt: window.closesAt?.toISOString() ?? null,
});

/** The window of the whole experiment. */
export function WindowForm({ experimentId, window }: { experimentId: string; window: Window }) {
  const t = useTranslations("experiments");
  const router = useRouter();
  return (
    <Form
      schema={windowFields}
      defaultValues={iso(window)}
      className="max-w-none"
      submit={t("saveWindow")}
      onSubmit={async (fields) => {
        const result = await setWindowAction({ experimentId, ...fields });
        if (result.ok) {
          const { moved } = result.data;
          toast({
            title: t("windowSaved"),
            description: moved > 0 ? t("moved", { count: moved }) : undefined,
          });
          router.refresh();
        }
        return result;
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <DateTimeField name="opensAt" label={t("field.opensAt")} help={t("help.opensAt")} />
        <DateTimeField name="closesAt" label={t("field.closesAt")} help={t("help.closesAt")} />
      </div>
    </Form>
  );
}

export type Target = { targetType: "class" | "student"; targetId: string; name: string } & Window;

/** The own window of one class or student. */
export function OwnWindowForm({
  experimentId,
  target,
  onDone,
}: {
  experimentId: string;
  target: Target;
  onDone: () => void;
}) {
  const t = useTranslations("experiments");
  const { targetType, targetId } = target;
  return (
    <Form
      schema={windowFields}
      defaultValues={iso(target)}
      guard={false}
      submit={t("saveWindow")}
      onSubmit={async (fields) => {
        const result = await assignAction({ experimentId, targetType, targetId, ...fields });
        if (result.ok) {
          const { moved } = result.data;
          toast({
            title: t("windowSaved"),
            description: moved > 0 ? t("moved", { count: moved }) : undefined,
          });
          onDone();
        }
        return result;
      }}
    >
      <DateTimeField name="opensAt" label={t("field.opensAt")} help={t("help.ownOpens")} />
      <DateTimeField name="closesAt" label={t("field.closesAt")} help={t("help.ownCloses")} />
    </Form>
  );
}
