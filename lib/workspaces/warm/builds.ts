import { and, eq, inArray } from "drizzle-orm";
import { templateVersions } from "@/db/schema/templates";
import { hosts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { driverFor } from "../drivers";

type Row = { id: string; hostId: string | null; templateVersionId: string };

/** Those of them whose container was made of a build of their image that the host no longer takes for it. */
export async function staleBuilds(ctx: Ctx, rows: readonly Row[]): Promise<Set<string>> {
  const stale = new Set<string>();
  const specs = new Map(
    (
      await ctx.db
        .select({ id: templateVersions.id, spec: templateVersions.spec })
        .from(templateVersions)
        .where(inArray(templateVersions.id, [...new Set(rows.map((row) => row.templateVersionId))]))
    ).map(({ id, spec }) => [id, spec]),
  );
  const hostIds = [...new Set(rows.flatMap(({ hostId }) => (hostId ? [hostId] : [])))];
  if (hostIds.length === 0) return stale;
  // An image of a cloud has another id when it is another one.
  const built = and(inArray(hosts.id, hostIds), eq(hosts.driver, "docker"));
  for (const { id, endpoint } of await ctx.db.select().from(hosts).where(built)) {
    const host = { id, endpoint };
    const builds = new Map<string, string | null>();
    try {
      const made = new Map(
        (await driverFor("docker").list(host)).map((one) => [one.workspaceId, one.image] as const),
      );
      for (const row of rows.filter(({ hostId }) => hostId === id)) {
        const spec = specs.get(row.templateVersionId);
        const image = made.get(row.id);
        if (!spec || !image) continue;
        if (!builds.has(spec.image)) {
          builds.set(spec.image, await driverFor(spec.driver).checkImage(host, spec.image));
        }
        if (builds.get(spec.image) !== image) stale.add(row.id);
      }
    } catch (error) {
      // Unknown is never stale: a host that does not answer, an image that was taken away.
      ctx.log.warn({ err: error, host: id }, "builds of images could not be compared");
    }
  }
  return stale;
}
