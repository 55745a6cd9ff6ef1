import { and, eq, inArray, lt, or, sql } from "drizzle-orm";
import { affected, afterCommit, transact } from "@/db/client";
import { tasks } from "@/db/schema/experiments";
import { attempts, collectedFiles, collections, homes } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { publishChange, type Topic } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { faultPoint } from "@/lib/platform/fault";
import { metrics } from "@/lib/platform/metrics";
import { giveHomeBack, liveWorkspaceOf, takeHome } from "@/lib/workspaces";
import { copyHome, Superseded, type Totals } from "./copy-home";

const maxTries = 5;
/** Trying again brings nothing: somebody has to see to the home first. */
const hopeless = new Set(["homeDamaged", "homeLost"]);
/** Waited for as long as it takes: it is the host that is away, not the home that is broken. */
const patient = new Set(["hostUnreachable"]);

/**
 * Copies the home of an ended attempt, or one that is to be reset, into the file store, with a manifest of every
 * path. `wait` while its workspace or somebody else still has the home, or its host does not answer. After five
 * failed tries, or at once where another brings nothing, the collection is `failed` and says why; the home stays
 * as it is.
 */
export async function runCollection({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { collectionId: string };
}): Promise<"done" | "wait" | "nothing"> {
  const found = await load(ctx, input.collectionId);
  if (!found || !["pending", "running"].includes(found.collection.state)) return "nothing";
  const { collection, rules, baseline } = found;
  const { attemptId } = collection;
  // Before a reset the next workspace of the same attempt may wait for this collection; it has no home yet.
  const isUsed = collection.reason === "end" && (await liveWorkspaceOf(ctx.db, attemptId));
  if (isUsed || !(await takeHome(ctx, collection.homeId, { id: collection.id, kind: "collection" }))) {
    // So that nobody else asks for what is carried on here.
    await ctx.db
      .update(collections)
      .set({ beatAt: ctx.clock.now() })
      .where(eq(collections.id, collection.id));
    return "wait";
  }
  const claim = { ...found, tries: collection.tries + 1 };
  if (!(await begin(ctx, collection, claim.tries))) return "wait";
  try {
    await forget(ctx, collection.id);
    const copying = { claim: { id: collection.id, tries: claim.tries }, attemptId, rules, baseline };
    const totals = await copyHome(ctx, copying);
    faultPoint("before_collected");
    await finish(ctx, claim, totals);
  } catch (error) {
    // Whoever took over has the home under the same name: it stays theirs.
    if (error instanceof Superseded) return "nothing";
    await giveUp(ctx, claim, error);
    await giveHomeBack(ctx, collection.homeId, collection.id);
    const { key } = toAppError(error);
    if (patient.has(key)) return "wait";
    if (hopeless.has(key)) return "nothing";
    throw error;
  }
  await giveHomeBack(ctx, collection.homeId, collection.id);
  return "done";
}

type Collection = typeof collections.$inferSelect;
type Claim = { collection: Collection; userId: string; experimentId: string; tries: number };

async function load(ctx: Ctx, id: string) {
  const [row] = await ctx.db
    .select({
      collection: collections,
      userId: attempts.userId,
      experimentId: tasks.experimentId,
      rules: tasks.collectRules,
      baseline: homes.baseline,
    })
    .from(collections)
    .innerJoin(attempts, eq(attempts.id, collections.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(homes, eq(homes.id, collections.homeId))
    .where(eq(collections.id, id));
  return row;
}

/** Takes the collection over from whoever had it; of two that come at once one wins. */
async function begin(ctx: Ctx, { id, tries }: Collection, next: number): Promise<boolean> {
  const at = ctx.clock.now();
  const claimed = await ctx.db
    .update(collections)
    .set({ state: "running", startedAt: at, beatAt: at, tries: next })
    .where(
      and(
        eq(collections.id, id),
        eq(collections.tries, tries),
        inArray(collections.state, ["pending", "running"]),
      ),
    );
  return affected(claimed) > 0;
}

/** What a try before this one had written down. */
async function forget(ctx: Ctx, collectionId: string): Promise<void> {
  for (;;) {
    const gone = await ctx.db
      .delete(collectedFiles)
      .where(eq(collectedFiles.collectionId, collectionId))
      .limit(5_000);
    if (affected(gone) < 5_000) return;
  }
}

/** Who has a page open that shows what was kept. */
const topicsOf = ({ userId, experimentId }: Claim): Topic[] => [
  `user:${userId}`,
  `experiment:${experimentId}`,
];

const mine = ({ collection, tries }: Claim) =>
  and(eq(collections.id, collection.id), eq(collections.tries, tries), eq(collections.state, "running"));

async function finish(ctx: Ctx, claim: Claim, totals: Totals): Promise<void> {
  const at = ctx.clock.now();
  const { attemptId, homeId, createdAt, id } = claim.collection;
  await transact(ctx.db, async (tx) => {
    const done = await tx
      .update(collections)
      .set({ ...totals, state: "done", cause: null, finishedAt: at })
      .where(mine(claim));
    if (affected(done) === 0) throw new Superseded();
    await tx.update(homes).set({ baseline: id }).where(eq(homes.id, homeId));
    afterCommit(tx, () => {
      metrics().collectionsDone.inc({ state: "done" });
      metrics().collectionSeconds.observe((at.getTime() - createdAt.getTime()) / 1_000);
    });
    await publishChange(ctx, tx, topicsOf(claim), "collection.done", { attemptId });
  });
}

async function giveUp(ctx: Ctx, claim: Claim, error: unknown): Promise<void> {
  const { id, attemptId } = claim.collection;
  const { key } = toAppError(error);
  const away = patient.has(key);
  const final = hopeless.has(key) || (claim.tries >= maxTries && !away);
  const said = { err: error, collectionId: id, tries: claim.tries };
  if (away) ctx.log.warn({ collectionId: id, key }, "collection waits for its host");
  else ctx.log.error(said, final ? "collection given up; the home is kept" : "collection failed");
  await transact(ctx.db, async (tx) => {
    const given = await tx
      .update(collections)
      .set({
        state: final ? "failed" : "pending",
        cause: key.slice(0, 40),
        // Waiting for a host costs no try.
        tries: away ? claim.tries - 1 : claim.tries,
        beatAt: ctx.clock.now(),
      })
      .where(mine(claim));
    if (affected(given) === 0) return;
    if (final) afterCommit(tx, () => metrics().collectionsDone.inc({ state: "failed" }));
    await publishChange(ctx, tx, topicsOf(claim), final ? "collection.failed" : "collection.delayed", {
      attemptId,
    });
  });
}

const waitingMs = 5 * 60_000;
/** Longer than the longest pause between two beats: one large file, or a slow sync. */
const silentMs = 3 * 60_000;

/** Asks once more for collections that nobody carries on: their job is over, or its process was killed. */
export async function recollect({ ctx }: { ctx: Ctx }): Promise<number> {
  const before = (ms: number) => new Date(ctx.clock.now().getTime() - ms);
  const last = sql`COALESCE(${collections.beatAt}, ${collections.startedAt}, ${collections.createdAt})`;
  const rows = await ctx.db
    .select({ collectionId: collections.id })
    .from(collections)
    .where(
      or(
        and(eq(collections.state, "running"), lt(last, before(silentMs))),
        and(eq(collections.state, "pending"), lt(last, before(waitingMs))),
      ),
    )
    .limit(200);
  for (const row of rows) {
    await transact(ctx.db, (tx) => sendEvent(ctx, tx, "collection/requested", row));
  }
  return rows.length;
}
