import { sql } from "drizzle-orm";
import { roles } from "@/db/schema/accounts";
import type { Ctx } from "@/lib/platform/context";
import { defaultRoles } from "@/lib/platform/permissions";

/** Fills in the roles that are missing; those that are there stay as the operator has set them. */
export async function ensureRoles({ ctx }: { ctx: Ctx }): Promise<void> {
  await ctx.db
    .insert(roles)
    .values(
      Object.entries(defaultRoles).map(([name, permissions]) => ({ name, permissions: [...permissions] })),
    )
    .onDuplicateKeyUpdate({ set: { name: sql`\`name\`` } });
}
