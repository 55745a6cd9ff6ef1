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
  "reclaimed",
  "unsaved",
  "internal",
] as const;

/** What a cloud refuses has the sentence of its error: `cloud.noStock`, with what fills it as JSON beside it. */
const isOfCloud = (cause: string | null) => cause?.startsWith("cloud.") ?? false;

/** A cause that has a sentence of its own; any other one is told as “internal”. */
export const knownCause = (cause: string | null) =>
  isOfCloud(cause) ? "cloud" : (causes.find((known) => known === cause) ?? "internal");

/** With these causes, the detail is the name of the image or what the cloud said, and not a log. */
export const hasNoLog = (cause: string | null) =>
  cause === "imageMissing" ||
  cause === "imageUnfit" ||
  cause === "reclaimed" ||
  cause === "unsaved" ||
  isOfCloud(cause);

/** Why it failed in plain words, and what to do now. */
export function CauseText({ cause, detail }: { cause: string | null; detail?: string }) {
  const t = useTranslations("workspaces.causes");
  const errors = useTranslations("errors");
  const key = knownCause(cause);
  const named = key.startsWith("image") && detail;
  const said = isOfCloud(cause) && errors.has(cause as never);
  return (
    <>
      <p className="font-medium">{t(`${key}.what`)}</p>
      {named ? (
        <p>
          {t("image")} <code className="break-all font-mono">{detail}</code>
        </p>
      ) : null}
      {said ? <p>{errors(cause as never, paramsOf(detail) as never)}</p> : null}
      <p>{t(`${key}.next`)}</p>
    </>
  );
}

/** What fills the sentence of a cloud's refusal; what is missing is left out of it. */
function paramsOf(detail: string | undefined): Record<string, string | number> {
  const empty = { code: "", action: "", account: "", reasons: "", seconds: 0, count: 0 };
  try {
    return { ...empty, ...(JSON.parse(detail ?? "") as Record<string, string | number>) };
  } catch {
    return empty;
  }
}
