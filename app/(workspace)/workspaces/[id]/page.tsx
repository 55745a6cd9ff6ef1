import { cache } from "react";
import { pageUser } from "@/lib/accounts";
import { ownWarnings, workspaceScreen } from "@/lib/attempts";
import { WorkspaceScreen } from "@/lib/attempts/components/workspace-screen";
import { found } from "@/lib/platform/found";

type Props = { params: Promise<{ id: string }> };

const load = cache(async (workspaceId: string) => {
  const ctx = await pageUser();
  return found(workspaceScreen({ ctx, workspaceId }));
});

export async function generateMetadata({ params }: Props) {
  const { title } = await load((await params).id);
  // The ticket's POST must tell its origin.
  return { title, referrer: "strict-origin" as const };
}

export default async function WorkspacePage({ params }: Props) {
  const view = await load((await params).id);
  const warnings = view.mine ? await ownWarnings({ ctx: await pageUser() }) : [];
  return <WorkspaceScreen key={view.id} first={view} warnings={warnings} />;
}
