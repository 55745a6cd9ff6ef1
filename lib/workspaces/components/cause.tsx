import { useTranslations } from "next-intl";

const causes = [
  "startTimeout",
  "exited",
  "outOfMemory",
  "vanished",
  "imageMissing",
  "imageUnfit",
  "hostUnreachable",
  "hostDiskFull",
  "fileStoreFull",
  "tooLarge",
  "overBudget",
  "internal",
] as const;

/** A cause that has a sentence of its own; any other one is told as “internal”. */
export const knownCause = (cause: string | null) => causes.find((known) => known === cause) ?? "internal";

/** With these causes, the detail is the name of the image and not a log. */
export const isImageCause = (cause: string | null) => cause === "imageMissing" || cause === "imageUnfit";

/** Why it failed in plain words, and what to do now. */
export function CauseText({ cause, detail }: { cause: string | null; detail?: string }) {
  const t = useTranslations("workspaces.causes");
  const key = knownCause(cause);
  const named = isImageCause(cause) && detail;
  return (
    <>
      <p className="font-medium">{t(`${key}.what`)}</p>
      {named ? (
        <p>
          {t("image")} <code className="break-all font-mono">{detail}</code>
        </p>
      ) : null}
      <p>{t(`${key}.next`)}</p>
    </>
  );
}
