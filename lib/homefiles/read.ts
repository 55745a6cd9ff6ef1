import type { Readable } from "node:stream";
import type { z } from "zod";
import { loadAttempt } from "@/lib/attempts";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { type HomeListing, listHomeFiles, readHomeFile } from "@/lib/workspaces";
import type { pathInput } from "./schema";

/** One directory of the home behind an attempt: its owner, staff of its course. */
export async function listFiles({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof pathInput>;
}): Promise<HomeListing> {
  const { attempt } = await loadAttempt(ctx, input.attemptId, "files");
  return listHomeFiles(ctx, attempt.id, input.path);
}

/** One file of the home behind an attempt, or a part of it; `size` is that of the whole. */
export async function readFile({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof pathInput> & { part?: { start: number; length: number } };
}): Promise<{ size: number; version: string; content: Readable }> {
  const { attempt } = await loadAttempt(ctx, input.attemptId, "files");
  const file = await readHomeFile(ctx, attempt.id, input.path, input.part);
  if (!file) throw notFound("file");
  return file;
}
