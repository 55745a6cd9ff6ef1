import { createReadStream } from "node:fs";
import type { z } from "zod";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { writeHomeFiles } from "@/lib/workspaces";
import { recordAct } from "../change";
import { loadWritable } from "../load";
import type { Placed, placeInput, UploadBrief } from "../schema";
import { forgetSpace } from "./receive";
import { UploadStore } from "./store";

/**
 * Puts uploads that are whole into the home, each wholly or not at all, and forgets them; one that is refused (a full
 * home, say) waits on and can be tried again. Throws what `loadWritable` throws.
 */
export async function placeUploads({
  ctx,
  input: { attemptId, uploads },
}: {
  ctx: Ctx;
  input: z.infer<typeof placeInput>;
}): Promise<{ results: Placed[] }> {
  const { attempt } = await loadWritable(ctx, attemptId);
  const store = new UploadStore(attempt.id);
  const results = new Map<string, Placed>();
  for (const onConflict of ["keepBoth", "replace"] as const) {
    const whole: UploadBrief[] = [];
    for (const { id } of uploads.filter((one) => one.onConflict === onConflict)) {
      const brief = await store.brief(id).catch(() => null);
      if (brief && brief.offset === brief.size) whole.push(brief);
      else results.set(id, { id, refused: brief ? "incomplete" : "gone" });
    }
    if (whole.length === 0) continue;
    const files = async function* () {
      for (const { id, path, size } of whole)
        yield { path, size, executable: false, content: createReadStream(store.place(id)) };
    };
    const left = whole.values();
    for await (const answer of writeHomeFiles(ctx, attempt.id, files(), onConflict)) {
      const { id = "" } = left.next().value ?? {};
      results.set(
        id,
        "written" in answer ? { id, written: answer.written } : { id, refused: answer.refused },
      );
    }
  }
  forgetSpace(attempt.id);
  // Only now are they on the home's disk.
  const written = [...results.values()].flatMap((one) => ("written" in one ? [one] : []));
  await Promise.all(written.map(({ id }) => store.remove(id)));
  if (written.length > 0) {
    await recordAudit(ctx, ctx.db, {
      action: "home.upload",
      targetType: "attempt",
      targetId: attempt.id,
      after: { paths: written.slice(0, 20).map((one) => one.written.slice(0, 200)), count: written.length },
    });
    await recordAct(ctx, attempt.id);
  }
  return { results: uploads.flatMap(({ id }) => results.get(id) ?? []) };
}
