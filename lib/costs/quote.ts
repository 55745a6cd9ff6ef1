import { eq } from "drizzle-orm";
import { priceQuotes } from "@/db/schema/clouds";
import type { CloudSpec, TemplateSpec } from "@/db/schema/templates";
import type { Ctx } from "@/lib/platform/context";

/** Asks the cloud what an hour of such a desktop costs, in micro-yuan: lib/clouds knows. */
export type PriceOf = (spec: CloudSpec) => Promise<number>;

const freshMs = 10 * 60_000;
/** A class that starts at once asks once. */
const shared = globalThis as typeof globalThis & { labyardQuotes?: Map<string, Promise<number | null>> };
const asking = () => {
  shared.labyardQuotes ??= new Map();
  return shared.labyardQuotes;
};

type Args = {
  ctx: Pick<Ctx, "db" | "clock" | "log">;
  input: { id: string; spec: TemplateSpec };
  priceOf: PriceOf;
};

/**
 * What an hour of a version of a template costs, in micro-yuan: the cloud is asked at most each ten minutes, and while
 * it says nothing the last answer holds. Null: it never told. A container costs nothing.
 */
export async function quotePrice({ ctx, input: { id, spec }, priceOf }: Args): Promise<number | null> {
  if (spec.driver !== "ecs") return 0;
  const asked = asking().get(id) ?? quote(ctx, id, () => priceOf(spec)).finally(() => asking().delete(id));
  asking().set(id, asked);
  return asked;
}

async function quote(ctx: Args["ctx"], id: string, ask: () => Promise<number>): Promise<number | null> {
  const [known] = await ctx.db.select().from(priceQuotes).where(eq(priceQuotes.templateVersionId, id));
  const quotedAt = ctx.clock.now();
  if (known && quotedAt.getTime() - known.quotedAt.getTime() < freshMs) return known.price;
  try {
    const price = await ask();
    await ctx.db
      .insert(priceQuotes)
      .values({ templateVersionId: id, price, quotedAt })
      .onDuplicateKeyUpdate({ set: { price, quotedAt } });
    return price;
  } catch (error) {
    ctx.log.warn({ err: error, version: id }, "the cloud does not tell its price");
    return known?.price ?? null;
  }
}
