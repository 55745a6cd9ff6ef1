import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import { notFound } from "next/navigation";
import { getTranslations } from "next-intl/server";
import { cache } from "react";
import { buttonClass } from "@/components/ui/button";
import { pageUser } from "@/lib/accounts";
import { workspaceScreen } from "@/lib/attempts";
import { Terminals } from "@/lib/consoles/components/terminals";
import { found } from "@/lib/platform/found";

type Props = { params: Promise<{ id: string }> };

/** The owner's alone: staff watch on the page of the workspace. */
const load = cache(async (workspaceId: string) => {
  const view = await found(workspaceScreen({ ctx: await pageUser(), workspaceId }));
  return view.mine ? view : notFound();
});

export async function generateMetadata({ params }: Props) {
  const [{ title }, t] = await Promise.all([load((await params).id), getTranslations("consoles.terminal")]);
  return { title: `${t("page")} · ${title}` };
}

/** The terminals of a workspace on a page of their own, for a second screen. */
export default async function TerminalPage({ params }: Props) {
  const [view, t] = await Promise.all([load((await params).id), getTranslations("consoles.terminal")]);
  return (
    <div data-full-bleed="" className="flex h-dvh flex-col bg-raised">
      <header className="flex h-10 shrink-0 items-center gap-3 border-border border-b px-2">
        <Link href={`/workspaces/${view.id}`} className={buttonClass({ variant: "ghost", size: "sm" })}>
          <ArrowLeft aria-hidden="true" />
          {t("back")}
        </Link>
        <h1 className="min-w-0 truncate text-base text-muted">{view.title}</h1>
      </header>
      <main className="min-h-0 flex-1">
        <Terminals workspaceId={view.id} standalone />
      </main>
    </div>
  );
}
