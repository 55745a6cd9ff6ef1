import { join } from "node:path";
import { env } from "@/lib/platform/env";

/** Where recordings grow until they are in the file store. */
export const recordingsRoot = () => join(env().LABYARD_HOME, "recordings");
export const partOf = (recordingId: string) => join(recordingsRoot(), `${recordingId}.gz`);
