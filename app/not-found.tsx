import { getTranslations } from "next-intl/server";
import NotFoundInside from "./(app)/not-found";

export async function generateMetadata() {
  const t = await getTranslations("frame");
  return { title: t("notFoundTitle") };
}

export default function NotFound() {
  return (
    <main className="grid min-h-[70dvh] place-items-center">
      <NotFoundInside />
    </main>
  );
}
