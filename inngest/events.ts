import { z } from "zod";

const id = z.string().length(26);

/** Every event by name with its payload; the only way a noun asks for durable work. */
export const events = {
  /** A workspace row was made and wants to run. */
  "workspace/requested": z.object({ workspaceId: id }),
  /** It has its place on a host and its turn to boot: create it. */
  "workspace/placed": z.object({ workspaceId: id }),
  /** Somebody, or a deadline, wants the workspace gone: wins over everything. */
  "workspace/stop.requested": z.object({ workspaceId: id, reason: z.string() }),
  /** A paused instance of a cloud shall boot again. */
  "workspace/resume.requested": z.object({ workspaceId: id }),
  /** A workspace reached `stopped` or `failed`: its reservation is free again. */
  "workspace/ended": z.object({ workspaceId: id, attemptId: id.nullable() }),
  /** A student got a warm one: it wants its home. */
  "workspace/claimed": z.object({ workspaceId: id }),
  /** A warm workspace shall be booted and frozen. */
  "warm/wanted": z.object({ workspaceId: id }),
  /** A plan was made or removed, or what it is for has changed. */
  "warm/plan.changed": z.object({ templateId: id, planId: id }),
  /** A template was edited, archived or restored. */
  "template/changed": z.object({ templateId: id }),
  /** The attempt's clock runs, or its deadline moved. */
  "attempt/deadline.changed": z.object({ attemptId: id }),
  /** The cloud takes the spot instance behind a workspace back, at `at`. */
  "workspace/reclaim.announced": z.object({ workspaceId: id, at: z.iso.datetime() }),
  /** A workspace without acts was warned: it stops at `stopAt` unless somebody does something in it. */
  "workspace/idle.warned": z.object({ workspaceId: id, stopAt: z.iso.datetime() }),
  /** The idle time of a task changed: look at what runs of it. */
  "task/idle.changed": z.object({ taskId: id }),
  /** A copy of a home is wanted: as soon as no workspace has it any more. */
  "collection/requested": z.object({ collectionId: id }),
  /** For `./labyard bench jobs`; nothing listens in production. */
  "bench/requested": z.object({ n: z.number().int() }),
} as const;

export type EventName = keyof typeof events;
export type EventData<Name extends EventName> = z.infer<(typeof events)[Name]>;
