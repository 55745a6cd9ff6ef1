import { request } from "undici";
import { z } from "zod";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { conflict, notFound, unavailable } from "@/lib/platform/errors";
import { loadWorkspace, type WorkspaceRow } from "./load";

const kernelId = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
export const kernelInput = z.object({ workspaceId: z.string().length(26), kernelId });

const states = ["idle", "busy", "starting", "restarting", "dead"] as const;

// What answers is the student's: every word of it is bounded, and what is odd is left out.
const words = (most: number) => z.string().transform((text) => text.toWellFormed().slice(0, most));
const kernelAnswer = z.object({
  id: kernelId,
  name: words(80).catch(""),
  execution_state: z.enum(states).catch("idle"),
  last_activity: z.iso.datetime({ offset: true }).nullish().catch(null),
});
const sessionAnswer = z.object({ path: words(1_000), kernel: z.object({ id: kernelId }) });
const mostKernels = 100;
const longestAnswer = 512 * 1024;

export type Kernel = {
  id: string;
  /** Of its kind, such as `python3`. */
  name: string;
  state: (typeof states)[number];
  /** The notebook that it belongs to, where there is one. */
  notebook: string | null;
  lastActivityAt: string | null;
};

/**
 * The kernels of a running workspace, as its Jupyter says. Throws `workspaces.serverSilent` when that does
 * not answer within seconds: then only a restart of the workspace helps.
 */
export async function listKernels({
  ctx,
  workspaceId,
}: {
  ctx: Ctx;
  workspaceId: string;
}): Promise<Kernel[]> {
  const workspace = await loadWorkspace(ctx, workspaceId, "kernels");
  const [kernels, sessions] = await Promise.all([
    ask(workspace, "GET", "/api/kernels", listMs),
    ask(workspace, "GET", "/api/sessions", listMs),
  ]);
  const notebooks = new Map(each(sessions, sessionAnswer).map(({ path, kernel }) => [kernel.id, path]));
  return each(kernels, kernelAnswer).map((kernel) => ({
    id: kernel.id,
    name: kernel.name,
    state: kernel.execution_state,
    notebook: notebooks.get(kernel.id) ?? null,
    lastActivityAt: kernel.last_activity ?? null,
  }));
}

type Args = { ctx: Ctx; input: z.infer<typeof kernelInput> };

/** Restarts one kernel: its variables go, its notebook and all files stay. Owner or staff of the course. */
export const restartKernel = (args: Args) => turn(args, "restart");

/** Interrupts what one kernel is doing, as Ctrl C: its variables stay. Owner or staff of the course. */
export const interruptKernel = (args: Args) => turn(args, "interrupt");

async function turn({ ctx, input }: Args, how: "restart" | "interrupt"): Promise<{ kernelId: string }> {
  const { workspaceId, kernelId: id } = kernelInput.parse(input);
  const workspace = await loadWorkspace(ctx, workspaceId, "kernels");
  // Asked first: Jupyter answers for a kernel that it does not have as if it were broken itself.
  const known = each(await ask(workspace, "GET", "/api/kernels", listMs), kernelAnswer);
  if (!known.some((kernel) => kernel.id === id)) throw notFound("kernel");
  await ask(workspace, "POST", `/api/kernels/${id}/${how}`, turnMs);
  await recordAudit(ctx, ctx.db, {
    action: `kernel.${how}`,
    targetType: "workspace",
    targetId: workspaceId,
    after: { kernelId: id },
  });
  return { kernelId: id };
}

const listMs = 5_000;
/** A hung kernel is given some seconds to leave before Jupyter kills it. */
const turnMs = 25_000;

/** One question to the server inside, with its token; never a redirect followed, never more than it may say. */
async function ask(
  workspace: WorkspaceRow,
  method: "GET" | "POST",
  path: string,
  ms: number,
): Promise<unknown> {
  const { state, desired, address, secret } = workspace;
  if (state !== "ready" || desired !== "running" || !address || !secret)
    throw conflict("workspaces.notReady");
  let status: number;
  let text = "";
  try {
    const answer = await request(`http://${address}${path}`, {
      method,
      headers: { authorization: `token ${unseal(secret)}`, connection: "close" },
      headersTimeout: ms,
      bodyTimeout: ms,
      signal: AbortSignal.timeout(ms),
    });
    status = answer.statusCode;
    for await (const chunk of answer.body) {
      text += (chunk as Buffer).toString("utf8");
      if (text.length > longestAnswer) throw new Error("the server inside said too much");
    }
  } catch (error) {
    throw unavailable("workspaces.serverSilent", error);
  }
  if (status === 404) throw notFound("kernel");
  if (status >= 300) throw unavailable("workspaces.serverSilent", new Error(`${path}: ${status}`));
  if (method === "POST") return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unavailable("workspaces.serverSilent", error);
  }
}

function each<S extends z.ZodType>(answer: unknown, schema: S): z.output<S>[] {
  if (!Array.isArray(answer)) throw unavailable("workspaces.serverSilent", new Error("no list"));
  return answer.slice(0, mostKernels).flatMap((one) => {
    const parsed = schema.safeParse(one);
    return parsed.success ? [parsed.data] : [];
  });
}
