import { and, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import { affected, type Tx, transact } from "@/db/client";
import { attachments, auditLog, files } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { invalid, isDuplicate, limit, notFound } from "@/lib/platform/errors";
import { putFile } from "@/lib/platform/files";
import { announce } from "./announce";
import { fileNameOf, numberedName } from "./file-name";
import { loadExperiment } from "./load";
import { addAttachmentInput, attachmentInput, attachmentLimits, renameAttachmentInput } from "./schema";

export type Attachment = { id: string; name: string; size: number };

/** Takes the stream into the file store, then names it; a second `data.csv` becomes `data (2).csv`. */
export async function addAttachment({
  ctx,
  input,
  content,
}: {
  ctx: Ctx;
  input: z.input<typeof addAttachmentInput>;
  content: AsyncIterable<Uint8Array>;
}): Promise<Attachment> {
  const { experimentId, name: typed } = addAttachmentInput.parse(input);
  await loadExperiment(ctx, experimentId, "edit");
  const actor = requireUser(ctx);
  const name = fileNameOf(typed);
  await refuseTooMany(ctx.db, experimentId);
  const { sha256, size } = await putFile(content, { maxBytes: attachmentLimits.bytes });
  const now = ctx.clock.now();
  return transact(ctx.db, async (tx) => {
    await tx.insert(files).ignore().values({ sha256, size, createdAt: now });
    const id = ctx.newId();
    const kept = await underFreeName(name, (free) =>
      tx
        .insert(attachments)
        .values({ id, experimentId, name: free, sha256, size, createdBy: actor.id, createdAt: now }),
    );
    await record(ctx, tx, "experiment.attachment.add", {
      experimentId,
      attachmentId: id,
      name: kept,
      sha256,
      size,
    });
    return { id, name: kept, size };
  });
}

async function refuseTooMany(tx: Tx, experimentId: string): Promise<void> {
  const [row] = await tx
    .select({ count: sql<number>`count(*)` })
    .from(attachments)
    .where(eq(attachments.experimentId, experimentId));
  if (Number(row?.count ?? 0) >= attachmentLimits.count)
    throw limit("attachmentsTooMany", { max: attachmentLimits.count });
}

/** The unique index decides, so that two uploads at once cannot have one name. */
async function underFreeName(name: string, insert: (free: string) => Promise<unknown>): Promise<string> {
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : numberedName(name, number);
    try {
      await insert(free);
      return free;
    } catch (error) {
      if (!isDuplicate(error) || number > attachmentLimits.count) throw error;
    }
  }
}

export async function renameAttachment({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof renameAttachmentInput>;
}): Promise<{ name: string }> {
  const { experimentId, attachmentId, name: typed } = renameAttachmentInput.parse(input);
  await loadExperiment(ctx, experimentId, "edit");
  const name = fileNameOf(typed);
  return transact(ctx.db, async (tx) => {
    const before = await attachmentOf(tx, experimentId, attachmentId);
    if (before.name === name) return { name };
    try {
      await tx.update(attachments).set({ name }).where(eq(attachments.id, attachmentId));
    } catch (error) {
      if (isDuplicate(error)) throw invalid("invalid", { name: "teach.field.nameTaken" });
      throw error;
    }
    await record(ctx, tx, "experiment.attachment.rename", {
      experimentId,
      attachmentId,
      from: before.name,
      name,
    });
    return { name };
  });
}

/** The bytes stay in the store: undo needs them, and other experiments may have them too. */
export async function removeAttachment({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof attachmentInput>;
}): Promise<void> {
  const { experimentId, attachmentId } = attachmentInput.parse(input);
  await loadExperiment(ctx, experimentId, "edit");
  await transact(ctx.db, async (tx) => {
    const { name, sha256, size } = await attachmentOf(tx, experimentId, attachmentId);
    const removed = await tx.delete(attachments).where(eq(attachments.id, attachmentId));
    if (affected(removed) === 0) throw notFound("attachment");
    await record(ctx, tx, "experiment.attachment.remove", { experimentId, attachmentId, name, sha256, size });
  });
}

/** Undo of {@link removeAttachment}. What it was is read from the audit log, never from the browser. */
export async function restoreAttachment({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof attachmentInput>;
}): Promise<Attachment> {
  const { experimentId, attachmentId } = attachmentInput.parse(input);
  await loadExperiment(ctx, experimentId, "edit");
  const actor = requireUser(ctx);
  return transact(ctx.db, async (tx) => {
    const { name, sha256, size } = await removedAttachment(tx, experimentId, attachmentId);
    const row = {
      id: attachmentId,
      experimentId,
      sha256,
      size,
      createdBy: actor.id,
      createdAt: ctx.clock.now(),
    };
    const kept = await underFreeName(name, (free) => tx.insert(attachments).values({ ...row, name: free }));
    await record(ctx, tx, "experiment.attachment.restore", { experimentId, attachmentId, name: kept });
    return { id: attachmentId, name: kept, size };
  });
}

async function removedAttachment(tx: Tx, experimentId: string, attachmentId: string) {
  const [row] = await tx
    .select({ after: auditLog.after })
    .from(auditLog)
    .where(
      and(
        eq(auditLog.targetType, "experiment"),
        eq(auditLog.targetId, experimentId),
        eq(auditLog.action, "experiment.attachment.remove"),
        sql`json_unquote(json_extract(${auditLog.after}, '$.attachmentId')) = ${attachmentId}`,
      ),
    )
    .limit(1);
  if (!row) throw notFound("attachment");
  return row.after as { name: string; sha256: string; size: number };
}

async function attachmentOf(tx: Tx, experimentId: string, attachmentId: string) {
  const [row] = await tx
    .select()
    .from(attachments)
    .where(and(eq(attachments.id, attachmentId), eq(attachments.experimentId, experimentId)));
  if (!row) throw notFound("attachment");
  return row;
}

async function record(
  ctx: Ctx,
  tx: Tx,
  action: string,
  after: { experimentId: string } & Record<string, string | number>,
): Promise<void> {
  await recordAudit(ctx, tx, { action, targetType: "experiment", targetId: after.experimentId, after });
  await announce(ctx, tx, after.experimentId);
}
