import { and, eq, inArray } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { materialsOf } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { notFound, toAppError } from "@/lib/platform/errors";
import { faultPoint } from "@/lib/platform/fault";
import { originOf } from "@/lib/platform/origins";
import { bringThere } from "./bring";
import { driverFor } from "./drivers";
import { recordHealth } from "./health";
import { giveHomeBack, takeHome } from "./homes";
import { type Loaded, loadForDriver } from "./load";
import { recordEvent, tellStep } from "./record-event";
import { mountAsWanted } from "./renew";
import { renewDisk, renewStep } from "./renew-disk";
import { isFinal, moveWorkspace } from "./state";
import { requestStop } from "./stop";
import { giveTurnBack, lineUpAgain } from "./turns";

/** Whether anybody still wants it; every step of a start asks first, because stop always wins. */
const wanted = ({ workspace }: Loaded) =>
  workspace.desired === "running" && ["provisioning", "booting"].includes(workspace.state);

const step = "container";

/** Kept as an event, so that people see how long it took. */
async function enterContainerStep(ctx: Ctx, { workspace }: Loaded): Promise<void> {
  await transact(ctx.db, async (tx) => {
    const result = await tx
      .update(workspaces)
      .set({ step, ...(workspace.step === step ? {} : { stepAt: ctx.clock.now() }) })
      .where(
        and(
          eq(workspaces.id, workspace.id),
          eq(workspaces.desired, "running"),
          inArray(workspaces.state, ["provisioning", "booting"]),
        ),
      );
    if (affected(result) === 0) return;
    if (workspace.step !== step) await recordEvent(ctx, tx, workspace, `step:${step}`);
    await tellStep(ctx, tx, workspace, step);
  });
}

type Args = { ctx: Ctx; input: { workspaceId: string } };
/** `done`: go on. `wait`: ask again soon. `unwanted`: nothing more to do for this run of a start. */
type Progress = "done" | "wait" | "unwanted";

/**
 * One step of a start. A host that does not answer is waited for, and the page says so; a missing image
 * or a full disk fails the workspace at once, because waiting mends neither.
 */
const startStep =
  (work: (ctx: Ctx, loaded: Loaded) => Promise<Progress>) =>
  async ({ ctx, input }: Args): Promise<Progress> => {
    const loaded = await loadForDriver(ctx, input.workspaceId);
    if (!wanted(loaded)) return "unwanted";
    try {
      const progress = await work(ctx, loaded);
      if (loaded.workspace.health !== "ok") await recordHealth(ctx, input.workspaceId, "ok");
      return progress;
    } catch (error) {
      const { code, key, params } = toAppError(error);
      if (key === "hostUnreachable") {
        await recordHealth(ctx, input.workspaceId, "unreachable");
        return "wait";
      }
      // A former slot still has it, as after a crash: the reconciler takes it off.
      if (key === "homeInUse") return waitForFiles(ctx, input.workspaceId);
      // It is asked again: `unavailable` of a cloud, which says by itself how long that takes.
      if (code === "unavailable" && key.startsWith("cloud.")) return "wait";
      // What a cloud refuses for good has a sentence that says who can do what.
      if (code === "conflict" && key.startsWith("cloud.")) {
        await failWorkspace({ ctx, input: { ...input, cause: key, detail: JSON.stringify(params) } });
        return "unwanted";
      }
      if (key !== "imageMissing" && key !== "imageUnfit" && key !== "hostDiskFull") throw error;
      await failWorkspace({ ctx, input: { ...input, cause: key, detail: String(params.image ?? "") } });
      return "unwanted";
    }
  };

/** Lets others boot meanwhile: a home that is being collected may take minutes. */
async function waitForFiles(ctx: Ctx, workspaceId: string): Promise<"wait"> {
  await transact(ctx.db, (tx) => giveTurnBack(ctx, tx, workspaceId));
  return "wait";
}

/** What a driver is told to create; everything that it depends on stays the same for a workspace. */
async function specOf(ctx: Ctx, { home, workspace, ref, template, experimentId, locale }: Loaded) {
  if (!home || !ref || !workspace.secret) throw notFound("workspace");
  const materials = experimentId ? await materialsOf(ctx.db, experimentId) : [];
  return {
    ...ref,
    home,
    template,
    materials: materials.map(({ name, sha256 }) => ({ name, sha256 })),
    secret: unseal(workspace.secret),
    locale,
    origin: originOf(workspace.label),
  };
}

/**
 * Takes and mounts the home, and has the container created meanwhile; it is started when this is done. Waits while
 * the home's last workspace or its collection still has it.
 */
export const prepareHome = startStep(async (ctx, loaded) => {
  const { home, workspace, ref } = loaded;
  if (!home || !ref) throw notFound("workspace");
  // Its turn comes by an event of its own.
  if (workspace.step === "turn") return "unwanted";
  if (workspace.step === renewStep) {
    const renewed = await renewDisk(ctx, loaded);
    if (renewed === "late")
      await failWorkspace({ ctx, input: { workspaceId: workspace.id, cause: "startTimeout" } });
    if (renewed !== "done") return renewed === "late" ? "unwanted" : renewed;
  }
  const taken = await takeHome(ctx, home.id, { id: workspace.id, kind: "workspace" });
  if (!taken) return waitForFiles(ctx, workspace.id);
  if (workspace.step === "files") {
    await transact(ctx.db, (tx) => lineUpAgain(ctx, tx, workspace.id));
    return "unwanted";
  }
  const driver = driverFor(loaded.template.driver);
  await driver.checkImage(ref.host, loaded.template.image);
  const spec = await specOf(ctx, loaded);
  faultPoint("before_create");
  const [mounted, created] = await Promise.allSettled([
    mountAsWanted(ctx, driver, { ...home, fence: taken.fence }, workspace.id),
    driver.create(spec),
  ]);
  if (mounted.status === "rejected") throw mounted.reason;
  if (created.status === "rejected") throw created.reason;
  if (mounted.value) return "done";
  await giveHomeBack(ctx, home.id, workspace.id);
  return waitForFiles(ctx, workspace.id);
});

/** Starts the container, its home being mounted. What was stopped meanwhile is taken away again at once. */
export const createContainer = startStep(async (ctx, loaded) => {
  const spec = await specOf(ctx, loaded);
  faultPoint("before_start");
  const starting = driverFor(loaded.template.driver).ensure(spec);
  // Beside it, not before: whether anybody still wants it is decided by the move that follows.
  const [made] = await Promise.all([starting, enterContainerStep(ctx, loaded)]);
  faultPoint("after_create");
  return recordCreated(ctx, loaded, made);
});

/**
 * Writes that the container is there. One that nobody wants any more is taken away again; `done` also for who comes
 * late, because another process carried the start on: what a student runs in by now stays as it is.
 */
export async function recordCreated(
  ctx: Ctx,
  { workspace, template, ref }: Loaded,
  made: { externalId: string; address: string },
): Promise<"done" | "unwanted"> {
  const moved = await transact(ctx.db, (tx) =>
    moveWorkspace(ctx, tx, workspace.id, {
      to: "booting",
      reason: "created",
      patch: { externalId: made.externalId, address: made.address, step: "boot", stepAt: ctx.clock.now() },
      only: eq(workspaces.desired, "running"),
    }),
  );
  if (moved) return "done";
  const { workspace: now } = await loadForDriver(ctx, workspace.id);
  if (now.desired === "running" && !isFinal(now.state)) return "done";
  if (ref) await driverFor(template.driver).destroy({ ...ref, externalId: made.externalId });
  return "unwanted";
}

const probeWindowMs = 15_000;
/** Refused at once while nothing listens, so asking often costs nothing. */
const probeEveryMs = 20;
/** Then the container is looked at: about every second. */
const probesInARow = 50;
/** An instance boots for a minute, and what does not listen yet may not even refuse. */
const cloudProbeMs = 1_000;

/**
 * Asks the service inside until it answers, for up to 15 s a call; `wait` means: not yet.
 * A container that has exited fails the workspace with the tail of its log.
 */
export const awaitBoot = startStep(async (ctx, first) => {
  const until = performance.now() + probeWindowMs;
  for (let loaded = first; ; loaded = await loadForDriver(ctx, first.workspace.id)) {
    const { workspace, ref, template } = loaded;
    if (!wanted(loaded) || !ref) return "unwanted";
    const driver = driverFor(template.driver);
    if (workspace.address && workspace.secret) {
      const secret = unseal(workspace.secret);
      const isCloud = template.driver === "ecs";
      for (let i = 0; i < (isCloud ? 1 : probesInARow); i++) {
        if ((await driver.probe(workspace.address, template, secret)) && (await bringThere(ctx, loaded)))
          return "done";
        await new Promise((resolve) => setTimeout(resolve, isCloud ? cloudProbeMs : probeEveryMs));
      }
    }
    const seen = await driver.observe(ref);
    if (seen.state === "missing" || seen.state === "exited") {
      const oom = seen.state === "exited" && seen.outOfMemory;
      const cause = seen.state === "missing" ? "vanished" : oom ? "outOfMemory" : "exited";
      await failWorkspace({ ctx, input: { workspaceId: workspace.id, cause } });
      return "unwanted";
    }
    const startedMs = ctx.clock.now().getTime() - (workspace.stepAt ?? workspace.stateAt).getTime();
    if (startedMs > template.startTimeoutSeconds * 1_000) {
      await failWorkspace({ ctx, input: { workspaceId: workspace.id, cause: "startTimeout" } });
      return "unwanted";
    }
    if (performance.now() > until) return "wait";
  }
});

/**
 * Gives a workspace up for a reason that its owner is told in plain words, with the tail of its log, and
 * asks for its removal; it becomes `failed` once nothing is left outside.
 */
export async function failWorkspace({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { workspaceId: string; cause: string; detail?: string };
}): Promise<void> {
  const loaded = await loadForDriver(ctx, input.workspaceId);
  if (loaded.workspace.restart) {
    // Wanted clean, and it does not come up again: another one takes its place.
    ctx.log.warn({ workspace: input.workspaceId, cause: input.cause }, "a clean disk came to nothing");
    const instead = { reason: "reset", restart: true, unasked: true } as const;
    return transact(ctx.db, async (tx) => void (await requestStop(ctx, tx, input.workspaceId, instead)));
  }
  let detail = input.detail ?? "";
  if (loaded.ref && !detail) {
    detail = await driverFor(loaded.template.driver)
      .logs(loaded.ref, 60)
      .catch(() => "");
  }
  await transact(ctx.db, (tx) =>
    requestStop(ctx, tx, input.workspaceId, { reason: "failed", cause: input.cause, causeDetail: detail }),
  );
}

/** The cause that an error of a start is shown as. */
export function causeOf(error: unknown): string {
  const { key } = toAppError(error);
  return ["imageMissing", "hostUnreachable", "hostDiskFull", "fileStoreFull"].includes(key)
    ? key
    : "internal";
}
