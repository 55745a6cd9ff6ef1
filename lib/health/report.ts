import { type Ctx, requirePermission } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { type Cause, causeTexts } from "./causes";
import {
  type Check,
  checkClock,
  checkCollections,
  checkDatabase,
  checkDocker,
  checkExecutor,
  checkFiles,
  checkMigrations,
} from "./checks";
import { currentPhase, type Phase } from "./phase";

type HealthReport = { status: "ok" | "starting" | "stopping"; causes: string[]; seconds: number };

const waits: Partial<Record<Phase, Cause>> = {
  database: "phaseDatabase",
  migrations: "phaseMigrations",
  start: "phaseStart",
  app: "phaseApp",
  jobs: "phaseJobs",
  stopping: "phaseStopping",
};

/** The process is up and says what it waits for. 200 as long as it answers at all. */
function healthReport(): HealthReport {
  const { phase, seconds } = currentPhase();
  const cause = waits[phase];
  return {
    status: phase === "ready" ? "ok" : phase === "stopping" ? "stopping" : "starting",
    causes: cause ? [causeTexts[cause]] : [],
    seconds,
  };
}

const checkNames = [
  "service",
  "database",
  "migrations",
  "executor",
  "docker",
  "files",
  "collections",
  "clock",
] as const;
type CheckName = (typeof checkNames)[number];
type Checks = Record<CheckName, Check>;

let last: { at: number; checks: Promise<Checks> } | undefined;

/** Asked at most once a second, whoever asks. */
function allChecks(): Promise<Checks> {
  const now = performance.now();
  if (!last || now - last.at > 1_000) last = { at: now, checks: askAll() };
  return last.checks;
}

async function askAll(): Promise<Checks> {
  const { phase, seconds } = currentPhase();
  const service: Check =
    phase === "ready"
      ? { state: "ok", detail: `${seconds} s` }
      : { state: "failed", cause: waits[phase], detail: phase };
  const [database, docker, files] = await Promise.all([checkDatabase(), checkDocker(), checkFiles()]);
  const unknown: Check = { state: "failed" };
  const [migrations, executor, collections, clock] =
    database.state === "ok"
      ? await Promise.all([checkMigrations(), checkExecutor(), checkCollections(), checkClock()])
      : [unknown, unknown, unknown, unknown];
  return { service, database, migrations, executor, docker, files, collections, clock };
}

const causesOf = (checks: Checks, state: Check["state"]) =>
  checkNames.flatMap((name) => {
    const { cause, state: found } = checks[name];
    return found === state && cause ? [causeTexts[cause]] : [];
  });

/** Every check with its figures, for administrators. */
export async function systemReport({ ctx }: { ctx: Ctx }) {
  requirePermission(ctx, "job.view");
  const checks = await allChecks();
  return {
    checks: checkNames.map((name) => ({ name, ...checks[name] })),
    deploy: env().DEPLOY_ID,
    pid: process.pid,
    memoryMb: Math.round(process.memoryUsage.rss() / 1024 ** 2),
  };
}

export type SystemReport = Awaited<ReturnType<typeof systemReport>>;

export type Answer = { status: number; body: unknown };

/**
 * The answer to `/api/health` or `/api/ready`: whether a student could start and use a workspace now. Anybody is
 * told what is wrong in plain words; figures and codes only who may monitor.
 */
export async function answerHealth(path: string, detailed: boolean): Promise<Answer | undefined> {
  if (path === "/api/health") return { status: 200, body: healthReport() };
  if (path !== "/api/ready") return undefined;
  const checks = await allChecks();
  const ready = checkNames.every((name) => checks[name].state !== "failed");
  const causes = causesOf(checks, "failed");
  return {
    status: ready ? 200 : 503,
    body: detailed ? { ready, causes, warnings: causesOf(checks, "warn"), checks } : { ready, causes },
  };
}
