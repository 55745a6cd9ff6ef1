import { eq } from "drizzle-orm";
import { cloudAccounts } from "@/db/schema/clouds";
import { hosts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";

export type CloudAccount = typeof cloudAccounts.$inferSelect;
type Host = typeof hosts.$inferSelect;

/** A region of an account, as whoever calls the cloud needs it. */
export type Region = {
  hostId: string;
  regionId: string;
  /** Which address of an instance our gateways and SSH go to. */
  reach: "private" | "public";
  account: CloudAccount;
};

/** `ecs://<account>/<region>`, with `?reach=public` where our service is not inside the VPC. */
export const endpointOf = (accountId: string, regionId: string, reach: Region["reach"]): string =>
  `ecs://${accountId}/${regionId}${reach === "public" ? "?reach=public" : ""}`;

export function readEndpoint(endpoint: string): {
  accountId: string;
  regionId: string;
  reach: Region["reach"];
} {
  const [, accountId, regionId, reach] =
    /^ecs:\/\/([0-9A-Z]{26})\/([a-z0-9-]+)(\?reach=public)?$/.exec(endpoint) ?? [];
  if (!accountId || !regionId) throw notFound("host");
  return { accountId, regionId, reach: reach ? "public" : "private" };
}

/** The region that a host stands for. */
export async function loadRegion(ctx: Pick<Ctx, "db">, hostId: string): Promise<Region> {
  const [host] = await ctx.db.select().from(hosts).where(eq(hosts.id, hostId));
  if (host?.driver !== "ecs") throw notFound("host");
  return regionOf(ctx, host);
}

export async function regionOf(ctx: Pick<Ctx, "db">, host: Pick<Host, "id" | "endpoint">): Promise<Region> {
  const { accountId, regionId, reach } = readEndpoint(host.endpoint);
  const [account] = await ctx.db.select().from(cloudAccounts).where(eq(cloudAccounts.id, accountId));
  if (!account) throw notFound("cloudAccount");
  return { hostId: host.id, regionId, reach, account };
}
