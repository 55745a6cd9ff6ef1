import { getTranslations } from "next-intl/server";
import { PageHeader } from "@/components/ui/page-header";
import { countUsers, listUsers, pageUser } from "@/lib/accounts";
import { UsersTable } from "@/lib/accounts/components/users-table";
import { listUsersSchema } from "@/lib/accounts/schema";

export async function generateMetadata() {
  const t = await getTranslations("accounts.users");
  return { title: t("title") };
}

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function UsersPage({ searchParams }: { searchParams: Search }) {
  const ctx = await pageUser({ permission: "user.manage" });
  const [t, { q, role, status }] = await Promise.all([getTranslations("accounts.users"), searchParams]);
  const search = typeof q === "string" ? q.slice(0, 100) : "";
  const input = listUsersSchema.parse({ search, role, status });
  const [page, total] = await Promise.all([listUsers({ ctx, input }), countUsers({ ctx, input })]);
  return (
    <>
      <PageHeader title={t("title")} description={t("hint")} />
      <UsersTable
        page={page}
        total={total}
        input={input}
        selfId={ctx.actor.id}
        appoints={ctx.actor.permissions.has("role.superadmin")}
      />
    </>
  );
}
