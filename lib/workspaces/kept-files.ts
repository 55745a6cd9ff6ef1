import { and, asc, eq, gt, isNotNull } from "drizzle-orm";
import { collectedFiles } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";

/** What a collection has kept of a home, file by file in the order of their ids; read by pages, for there may be 50,000. */
export async function* keptFiles(
  ctx: Pick<Ctx, "db">,
  collectionId: string,
): AsyncGenerator<{ path: string; size: number; executable: boolean; sha256: string }> {
  const { id, path, size, executable, sha256 } = collectedFiles;
  for (let after = ""; ; ) {
    const page = await ctx.db
      .select({ id, path, size, executable, sha256 })
      .from(collectedFiles)
      .where(and(eq(collectedFiles.collectionId, collectionId), isNotNull(sha256), gt(id, after)))
      .orderBy(asc(id))
      .limit(1_000);
    for (const { id: _id, ...file } of page) if (file.sha256) yield { ...file, sha256: file.sha256 };
    const last = page.at(-1);
    if (!last) return;
    after = last.id;
  }
}
