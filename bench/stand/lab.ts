import { closeDatabase, database } from "@/db/client";
import { everybodyOut } from "@/e2e/everybody-out";
import { Service } from "@/e2e/service";
import { freePort } from "@/e2e/upstream/world";
import { createWorld } from "@/e2e/world";
import { Monitor } from "./monitor";
import { Student } from "./student";

export type Lab = Awaited<ReturnType<typeof openLab>>;

/** The service as `up` starts it, with room for `memoryMb` of workspaces, and a class that has the page open. */
export async function openLab({ students, memoryMb }: { students: number; memoryMb: number }) {
  const monitor = new Monitor(() => service.url);
  const service = new Service({
    name: "bench",
    port: await freePort(),
    env: {
      HOST_MEMORY_MB: String(memoryMb),
      WARM_MEMORY_PERCENT: "90",
      METRICS_TOKEN: monitor.token,
      LOG_LEVEL: "warn",
    },
  });
  Object.assign(process.env, service.environment());
  await service.freshDatabase();
  await service.start();
  const world = await createWorld(database(), { students, task: { maxAttempts: null } });
  const people = world.students.map((actor) => new Student(service.url, actor, world.experimentId));
  for (const person of people) await person.open();
  return {
    service,
    world,
    people,
    /** The students in turn, over and over. */
    person: (i: number): Student => {
      const person = people[i % people.length];
      if (!person) throw new Error("a lab without students");
      return person;
    },
    monitor,
    /** Everybody's workspace is gone and its memory free again. */
    empty: () => everybodyOut(),
    close: async () => {
      await everybodyOut();
      await service.stop();
      await closeDatabase();
    },
  };
}
