import { z } from "zod";

const blank = (value: unknown) => (value === "" ? undefined : value);
const optional = z.preprocess(blank, z.string().optional());

const schema = z.object({
  NODE_ENV: z.enum(["development", "production", "test"]).default("development"),
  DATABASE_URL: z.string().default("mysql://labyard@127.0.0.1:33306/labyard"),
  /** Where the Docker Engine of the first host answers; `unix://…` or `tcp://…`. */
  DOCKER_HOST: z.preprocess(blank, z.string().default("unix:///run/labyard/docker.sock")),
  /** Root of everything Labyard keeps on disk (homes, file store, secrets, logs). */
  LABYARD_HOME: z.preprocess(blank, z.string().default("/var/lib/labyard")),
  /** The one origin of the app as browsers see it. */
  PUBLIC_URL: z.preprocess(blank, z.url().default("http://localhost:3000")),
  LISTEN: z.preprocess(blank, z.string().default("127.0.0.1:3000")),
  /** Workspaces live on `<label>.<domain>`, with the port of PUBLIC_URL. */
  WORKSPACE_DOMAIN: z.preprocess(blank, z.string().default("localhost")),
  /** `1` accepts plain http on a name that other machines use: docs/origins.md says what is lost. */
  INSECURE_HTTP: z.preprocess(
    (value) => blank(value) ?? "0",
    z.enum(["0", "1"]).transform((value) => value === "1"),
  ),
  /** 16 characters or more, better 43 at random; every key is derived from it. */
  LABYARD_SECRET: z.string().min(16).default("development-secret-not-for-production"),
  /** Labels what this installation made, so that two never touch each other's containers. */
  DEPLOY_ID: z.preprocess(
    blank,
    z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/)
      .default("labyard"),
  ),
  WORKSPACE_POOL: z.preprocess(blank, z.string().default("10.87.0.0/16")),
  /** Memory in MB that workspaces on the first host may reserve; default: what the host has less 2 GB. */
  HOST_MEMORY_MB: z.preprocess(blank, z.coerce.number().int().positive().optional()),
  /** Disk in MB that homes on the first host may reserve; default: what the store's disk has less 10 GB. */
  HOST_DISK_MB: z.preprocess(blank, z.coerce.number().int().positive().optional()),
  /** How many workspaces the first host boots at a time; default: one a core and one more. */
  HOST_BOOTS: z.preprocess(blank, z.coerce.number().int().positive().optional()),
  /** Share of a host's memory, in percent, that booted workspaces which wait for students may hold; 0: none. */
  WARM_MEMORY_PERCENT: z.preprocess(blank, z.coerce.number().min(0).max(90).default(50)),
  /** Calls of one API of a cloud in one region that all copies of the service together make in a second at most. */
  CLOUD_CALLS_PER_SECOND: z.preprocess(blank, z.coerce.number().int().min(1).max(1000).default(10)),
  /** The zone that times are shown and typed in; stored times are UTC. */
  TIME_ZONE: z.preprocess(blank, z.string().default("Asia/Shanghai")),
  /** The largest file, in MB, that a person may upload into a home; what is free there is the other limit. */
  UPLOAD_MAX_MB: z.preprocess(blank, z.coerce.number().int().positive().default(2048)),
  /** Work on a cloud desktop that cannot be fetched for so long is kept as a snapshot, and the instance goes. */
  CLOUD_FETCH_MINUTES: z.preprocess(
    blank,
    z.coerce
      .number()
      .min(1)
      .max(24 * 60)
      .default(30),
  ),
  LOG_LEVEL: z.preprocess(
    blank,
    z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
  ),
  /** `off`: this copy serves pages and consoles, and leaves the durable jobs to other copies. */
  EXECUTOR: z.preprocess(blank, z.enum(["on", "off"]).default("on")),
  /** A file that names the point at which this process shall die; for tests of faults, refused elsewhere. */
  FAULT: optional,
  /** `1` puts a host without an engine and an empty page behind the benches; refused outside NODE_ENV=test. */
  BENCH: z.preprocess(
    (value) => blank(value) ?? "0",
    z.enum(["0", "1"]).transform((value) => value === "1"),
  ),
  /** Bearer token of the monitor that reads `/metrics`; without one only this machine may (127.0.0.1). */
  METRICS_TOKEN: z.preprocess(blank, z.string().min(16).optional()),
  /** The emulator of Alibaba Cloud ECS beside this service, and its keys: `./labyard up --with-ecs-emulator` sets all
   * three. The demo then has a cloud desktop. */
  ECS_EMULATOR_LISTEN: optional,
  ECS_EMULATOR_KEY: optional,
  ECS_EMULATOR_SECRET: optional,
  HTTP_PROXY: optional,
  HTTPS_PROXY: optional,
  NO_PROXY: optional,
  /** So long finished runs of durable jobs are kept, with what was said of them. */
  JOB_RETENTION_DAYS: z.preprocess(blank, z.coerce.number().positive().default(14)),
  /** So long recordings of desktops and terminals are kept. */
  RECORDING_DAYS: z.preprocess(blank, z.coerce.number().positive().default(30)),
  /** With all three set, a real Inngest server drives the functions in place of the embedded executor. */
  INNGEST_BASE_URL: optional,
  INNGEST_EVENT_KEY: optional,
  INNGEST_SIGNING_KEY: optional,
});

export type Env = z.infer<typeof schema>;

let parsed: Env | undefined;

/**
 * The settings of this process, parsed once. Throws with a line per wrong setting.
 * Lazy, because `next build` loads modules where no setting is needed yet.
 */
export function env(): Env {
  if (!parsed) {
    const result = schema.safeParse(process.env);
    if (!result.success) throw new Error(`Wrong settings:\n${z.prettifyError(result.error)}`);
    const building = process.env.NEXT_PHASE === "phase-production-build";
    if (
      !building &&
      result.data.NODE_ENV === "production" &&
      result.data.LABYARD_SECRET.startsWith("development-")
    ) {
      throw new Error("Wrong settings: LABYARD_SECRET must be set in production.");
    }
    if (result.data.FAULT && result.data.NODE_ENV !== "test") {
      throw new Error("Wrong settings: FAULT is for NODE_ENV=test only.");
    }
    if (result.data.BENCH && result.data.NODE_ENV !== "test") {
      throw new Error("Wrong settings: BENCH is for NODE_ENV=test only.");
    }
    parsed = result.data;
  }
  return parsed;
}

/** The name of every setting, for `.env.example` and its test. */
export const settingNames = Object.keys(schema.shape);

/** Demo accounts exist only while both the listener and the public URL are loopback. */
export function isLoopback(): boolean {
  const loopback = (host: string) => /^(localhost|127(\.\d+){3}|\[?::1\]?|.*\.localhost)$/.test(host);
  const listen = env().LISTEN;
  return loopback(new URL(env().PUBLIC_URL).hostname) && loopback(listen.slice(0, listen.lastIndexOf(":")));
}
