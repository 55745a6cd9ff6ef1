import { timingSafeEqual } from "node:crypto";
import type { Emulator } from "./index";
import type { KnobChange } from "./knobs";
import { Refusal } from "./refusal";
import type { Control } from "./server";

type Handle = (emulator: Omit<Emulator, "url" | "port">, said: Record<string, unknown>) => unknown;

/** What another process may ask and order below `/_emulator/`. The README tells what each says. */
const orders: Record<string, Handle> = {
  "GET knobs": ({ knobs }) => knobs,
  "PATCH knobs": (emulator, said) => {
    emulator.set(said as KnobChange);
    return emulator.knobs;
  },
  "GET bill": (emulator) => emulator.bill(),
  "GET leftovers": (emulator) => emulator.leftovers(),
  "GET calls": ({ calls }) => ({
    byAction: calls.byAction(),
    mostPerSecond: calls.mostPerSecond(),
    log: calls.log,
  }),
  "GET instances": ({ cloud }) => {
    cloud.clock.settle();
    return cloud.instances.all().map(({ id, name, status, address, type, zoneId, autoReleaseAt, tags }) => {
      return { id, name, status, address, type, zoneId, autoReleaseAt, tags: Object.fromEntries(tags) };
    });
  },
  "GET clock": ({ cloud }) => ({ now: cloud.clock.now() }),
  "POST advance": (emulator, { ms }) => {
    emulator.advance(Number(ms));
    return { now: emulator.cloud.clock.now() };
  },
  "POST reclaim": (emulator, { instanceId }) => {
    emulator.reclaim(String(instanceId));
    return {};
  },
  "POST fail": (emulator, { instanceId }) => {
    emulator.fail(String(instanceId));
    return {};
  },
};

export function controlOf(emulator: Omit<Emulator, "url" | "port">, token: string | undefined): Control {
  return async (request, body, url) => {
    if (!isToken(request.headers.authorization, token))
      return Response.json({ error: "no" }, { status: 401 });
    const order = orders[`${request.method} ${url.pathname.slice("/_emulator/".length)}`];
    if (!order) return Response.json({ error: "no such order" }, { status: 404 });
    try {
      return order(emulator, body.length ? (JSON.parse(body.toString()) as Record<string, unknown>) : {});
    } catch (error) {
      if (error instanceof Refusal) return Response.json({ error: error.code }, { status: error.status });
      throw error;
    }
  };
}

function isToken(authorization: string | undefined, token: string | undefined): boolean {
  const given = Buffer.from(authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return token !== undefined && given.length === wanted.length && timingSafeEqual(given, wanted);
}
