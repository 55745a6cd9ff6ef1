import { closeDatabase } from "@/db/client";
import { everybodyOut } from "./everybody-out";
import { test } from "./fixtures";
import { Service, type ServiceOptions } from "./service";

/** A service for the stories of one file alone, on an empty database; started before them, and emptied after. */
export function ownService(options: ServiceOptions): Service {
  const service = new Service(options);
  test.beforeAll(async () => {
    Object.assign(process.env, service.environment());
    await service.freshDatabase();
    await service.start();
  });
  test.afterAll(async () => {
    await everybodyOut();
    await service.stop();
    await closeDatabase();
  });
  return service;
}
