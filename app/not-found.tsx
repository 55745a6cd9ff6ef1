import { SearchX } from "lucide-react";
import { getTranslations } from "next-intl/server";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";

export async function generateMetadata() {
  const t = await getTranslations("frame");
  return { title: t("notFoundTitle") };
}

export default async function NotFound() {
  const t = await getTranslations("frame");
  return (
    <main className="grid min-h-[70dvh] place-items-center">
      <EmptyState
        heading
        icon={<SearchX aria-hidden="true" />}
        title={t("notFoundTitle")}
        action={<ButtonLink href="/">{t("home")}</ButtonLink>}
      >
        {t("notFoundText")}
      </EmptyState>
    </main>
  );
}
