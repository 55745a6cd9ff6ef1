import { z } from "zod";
import { countFailed, getRun, listRuns, type RunFilter } from "@/lib/executor";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { linkOf, linksOf } from "./links";
import { searchOf } from "./search";

export const jobFilter = z.object({
  state: z.enum(["queued", "running", "completed", "failed", "cancelled"]).optional(),
  functionId: z.string().max(160).optional(),
  retried: z.boolean().optional(),
  q: z.string().max(200).optional(),
});
export type JobFilter = z.input<typeof jobFilter>;

export const jobPage = jobFilter.extend({
  before: z.string().length(26).optional(),
  limit: z.number().int().min(1).max(200).default(50),
});

/** The same filter as the executor understands it. */
export async function runFilterOf(ctx: Ctx, { q, ...filter }: JobFilter): Promise<RunFilter> {
  return { ...filter, search: q ? await searchOf(ctx, q) : undefined };
}

/** Runs with whom they concern, newest first. */
export async function listJobs({ ctx, input }: { ctx: Ctx; input: z.input<typeof jobPage> }) {
  requirePermission(ctx, "job.view");
  const { before, limit, ...filter } = jobPage.parse(input);
  const runs = await listRuns({ ctx, input: { ...(await runFilterOf(ctx, filter)), before, limit } });
  const links = await linksOf(
    ctx,
    runs.flatMap(({ subject1, subject2 }) => [subject1, subject2]).filter((id) => id !== null),
  );
  return runs.map(({ subject1, subject2, ...run }) => ({
    ...run,
    link: linkOf(links, [subject1, subject2]),
  }));
}
export type JobRow = Awaited<ReturnType<typeof listJobs>>[number];

/** How many failed runs the filter finds that nobody retried. */
export async function countFailedJobs({ ctx, input }: { ctx: Ctx; input: JobFilter }) {
  requirePermission(ctx, "job.view");
  const { state: _, retried: __, ...filter } = jobFilter.parse(input);
  return countFailed({ ctx, input: await runFilterOf(ctx, filter) });
}

/** One run with whom it concerns. */
export async function getJob({ ctx, input }: { ctx: Ctx; input: { id: string } }) {
  const run = await getRun({ ctx, input });
  const links = await linksOf(ctx, run.subjects);
  return { ...run, link: linkOf(links, run.subjects) };
}
export type Job = Awaited<ReturnType<typeof getJob>>;
