import { useTranslations } from "next-intl";
import { templateLimits } from "../schema";

/** “20 到 600” for a number of the form. */
export function useRange(): (name: keyof typeof templateLimits) => string {
  const t = useTranslations("templates");
  return (name) => {
    const [least, most] = templateLimits[name];
    return t("range", { least, most });
  };
}
