import { SearchX } from "lucide-react";
import { getTranslations } from "next-intl/server";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";

/** Inside the frame: what was asked for does not exist, or is not for this person. */
export default async function NotFound() {
  const t = await getTranslations("frame");
  return (
    <EmptyState
      heading
      icon={<SearchX aria-hidden="true" />}
      title={t("notFoundTitle")}
      action={<ButtonLink href="/">{t("home")}</ButtonLink>}
    >
      {t("notFoundText")}
    </EmptyState>
  );
}
