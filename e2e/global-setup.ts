import { Service } from "./service";

/** One service for all stories, unless E2E_URL names one that runs already (as after `./labyard up`). */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.E2E_URL) return undefined;
  const service = new Service({
    name: process.env.E2E_NAME ?? "e2e",
    port: Number(process.env.E2E_PORT ?? 3200),
  });
  await service.freshDatabase();
  await service.start();
  process.env.E2E_DEPLOY = service.deploy;
  // Stories look into the tables of the service, and sign people in, as the service would.
  Object.assign(process.env, service.environment());
  return () => service.stop();
}
