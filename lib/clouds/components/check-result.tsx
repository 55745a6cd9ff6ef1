"use client";

import { useTranslations } from "next-intl";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/section";
import { StateChip } from "@/components/ui/state-chip";
import type { AccountCheck } from "../check-account";
import { useCodeText } from "./use-code-text";

/** What the last test of an account found: which rights are missing, what else is in the way, and how to grant them. */
export function CheckResult({
  checked,
  account,
  told,
}: {
  checked: AccountCheck | null;
  account: string;
  /** A code that is explained already. */
  told: string | null;
}) {
  const t = useTranslations("clouds.check");
  const codeText = useCodeText();
  if (!checked) return null;
  const { missing, untried, problems, policy, regionId } = checked;
  const isWell = missing.length === 0 && problems.length === 0;
  return (
    <div className="flex flex-col gap-3">
      {isWell ? (
        <StateChip tone={untried.length > 0 ? "warn" : "ok"}>
          {untried.length > 0 ? t("unsure", { count: untried.length }) : t("ok")}
        </StateChip>
      ) : null}
      {problems
        .filter(({ code }) => code !== told)
        .map(({ code }) => (
          <Notice key={code} tone="danger">
            {codeText(code, { account })}
          </Notice>
        ))}
      {missing.length > 0 ? (
        <Notice tone="warn" title={t("missing", { count: missing.length })}>
          <ul className="my-1 flex flex-wrap gap-x-3">
            {missing.map((action) => (
              <li key={action}>
                <code className="font-mono">ecs:{action}</code>
              </li>
            ))}
          </ul>
          <p>{t("missingHint")}</p>
        </Notice>
      ) : null}
      {untried.length > 0 ? (
        <p className="text-muted text-sm">
          {t("untried", { region: regionId })} <code className="font-mono text-xs">{untried.join(" ")}</code>
        </p>
      ) : null}
      <details open={missing.length > 0}>
        <summary className="cursor-pointer text-sm">{t("showPolicy")}</summary>
        <div className="mt-2 flex flex-col items-start gap-2">
          <pre className="max-h-72 w-full overflow-auto rounded-md bg-sunken p-3 font-mono text-xs">
            {policy}
          </pre>
          <CopyButton text={policy}>{t("copyPolicy")}</CopyButton>
        </div>
      </details>
    </div>
  );
}
