import { request } from "undici";
import { env } from "./env";
import { log } from "./log";

/** Half of what a page costs while its code is new is gone after so many. */
const times = 100;

/**
 * Draws the page of the sign-in for itself, one after the other, until V8 has compiled what draws pages: new code
 * takes twice as long, and a class that opens its pages just after a start would wait for that in a row.
 */
export async function rehearsePages(port: number, signal: AbortSignal): Promise<void> {
  const url = `http://127.0.0.1:${port}/sign-in`;
  const headers = { host: new URL(env().PUBLIC_URL).host };
  try {
    for (let i = 0; i < times; i++) await (await request(url, { headers, signal })).body.dump();
  } catch (error) {
    if (!signal.aborted) log().debug({ err: error }, "pages were not rehearsed");
  }
}
