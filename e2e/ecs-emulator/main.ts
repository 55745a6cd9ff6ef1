import { Containers } from "./containers";
import { startEmulator } from "./index";
import { Listeners } from "./listener";

/** Started by `./labyard up --with-ecs-emulator`; its settings are those of the lab, and three of its own. */
const {
  ECS_EMULATOR_LISTEN = "127.0.0.1:3080",
  ECS_EMULATOR_BACKING = "container",
  ECS_EMULATOR_TOKEN,
  ECS_EMULATOR_KEY,
  ECS_EMULATOR_SECRET,
  DOCKER_HOST = "unix:///run/labyard/docker.sock",
  DEPLOY_ID = "labyard",
  WORKSPACE_POOL = "10.87.0.0/16",
} = process.env;

const engine = { engine: DOCKER_HOST, deploy: DEPLOY_ID, pool: WORKSPACE_POOL };
const backing =
  ECS_EMULATOR_BACKING === "container"
    ? await Containers.open(engine)
    : ECS_EMULATOR_BACKING === "listener"
      ? new Listeners()
      : undefined;
const at = new URL(`http://${ECS_EMULATOR_LISTEN}`);
const keys =
  ECS_EMULATOR_KEY && ECS_EMULATOR_SECRET
    ? [{ accessKeyId: ECS_EMULATOR_KEY, accessKeySecret: ECS_EMULATOR_SECRET }]
    : [];
const emulator = await startEmulator({
  host: at.hostname,
  port: Number(at.port),
  keys,
  world: Math.floor(Date.now() / 1_000).toString(36),
  ...(backing ? { backing } : {}),
  ...(ECS_EMULATOR_TOKEN ? { controlToken: ECS_EMULATOR_TOKEN } : {}),
});
process.stdout.write(`ecs-emulator: ${emulator.url}, ${ECS_EMULATOR_BACKING} behind each instance\n`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void emulator.close().finally(() => process.exit(0));
  });
}
