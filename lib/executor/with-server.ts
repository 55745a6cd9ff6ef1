import { env } from "@/lib/platform/env";
import { conflict } from "@/lib/platform/errors";

/** A real Inngest server keeps the runs itself: what is asked of them is asked there. */
export const runsOnServer = (): boolean =>
  Boolean(env().INNGEST_BASE_URL && env().INNGEST_EVENT_KEY && env().INNGEST_SIGNING_KEY);

export function refuseWithServer(): void {
  if (runsOnServer()) throw conflict("jobs.elsewhere");
}
