"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useAction } from "@/components/form/use-action";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { setOwnLocaleAction } from "../actions";

export function LanguageChoice({ locale }: { locale: string }) {
  const t = useTranslations("accounts.own");
  const router = useRouter();
  const { run, busy } = useAction(setOwnLocaleAction);
  return (
    <Field label={t("language")} help={t("languageHelp")} className="mt-4 max-w-60">
      <Select
        options={[
          { value: "zh-CN", label: "简体中文" },
          { value: "en", label: "English" },
        ]}
        value={locale}
        disabled={busy}
        onChange={async (event) => {
          const next = event.target.value === "en" ? "en" : "zh-CN";
          if (await run({ locale: next })) router.refresh();
        }}
      />
    </Field>
  );
}
