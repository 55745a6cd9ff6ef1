import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { buttonClass } from "@/components/ui/button";

/** The report as files; plain links, because they are downloads. */
export function Downloads({ path, query }: { path: string; query: Record<string, string | undefined> }) {
  const t = useTranslations("costs.download");
  const kept = Object.entries(query).flatMap(([key, value]) => (value ? [[key, value]] : []));
  return (
    <>
      {(["xlsx", "csv"] as const).map((format) => (
        <a
          key={format}
          href={`${path}?${new URLSearchParams([...kept, ["format", format]])}`}
          download
          className={buttonClass()}
        >
          <Download aria-hidden="true" />
          {t(format)}
        </a>
      ))}
    </>
  );
}
