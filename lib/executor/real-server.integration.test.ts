import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Inngest, type InngestFunction } from "inngest";
import { serve } from "inngest/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { silent } from "./testing/harness";
import { minute, type Scenario } from "./testing/scenario";
import { scenarios } from "./testing/scenarios";

// A real Inngest server comes from no package registry: named by INNGEST_DEV_URL (`inngest dev`), or, with
// INNGEST_EVENT_KEY and INNGEST_SIGNING_KEY too, one that checks keys. Its minutes are our seconds.
const base = process.env.INNGEST_DEV_URL;
const { INNGEST_EVENT_KEY: eventKey = "test", INNGEST_SIGNING_KEY: signingKey } = process.env;

const unseen =
  "UNSEEN: no INNGEST_DEV_URL, so the conformance list was not run against a real Inngest server";

const ids = z.object({ ids: z.array(z.string()) });
const runs = z.object({
  data: z.array(z.object({ run_id: z.string(), status: z.string(), output: z.unknown() })),
});

if (base) describe("against the Inngest server at INNGEST_DEV_URL, in its own time", () => play());
else
  test(unseen, (ctx) => {
    console.info(unseen);
    ctx.skip();
  });

function play() {
  const client = new Inngest({
    id: "test",
    baseUrl: base,
    eventKey,
    isDev: !signingKey,
    ...(signingKey ? { signingKey } : {}),
    logger: silent,
  });
  const played = scenarios
    .filter(({ ownOnly }) => !ownOnly)
    .map((scenario) => {
      const effects: string[] = [];
      const note = (effect: string) => {
        if (!scenario.repeats || !effects.includes(effect)) effects.push(effect);
      };
      return { scenario, effects, functions: scenario.functions(client, note, (count) => `${count}s`) };
    });
  const functions = played.flatMap((one) => one.functions);
  const server = createServer(serve({ client, functions }));
  // All at once: waiting is most of what they do.
  let checks: Promise<unknown>[] = [];

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`;
    const answer = await fetch(url, { method: "PUT" });
    expect(answer.status, await answer.text()).toBe(200);
    await wait(2_000);
    checks = played.map((one) => check(one).catch((error: unknown) => error));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test.each(played.map(({ scenario }, index) => ({ name: scenario.name, index })))(
    "$name",
    async ({ index }) => {
      const problem = await checks[index];
      if (problem) throw problem;
    },
    700_000,
  );
}

type Played = { scenario: Scenario; effects: string[]; functions: InngestFunction.Any[] };

async function check({ scenario, effects, functions }: Played): Promise<void> {
  const sent: { name: string; id: string }[] = [];
  await scenario.play({
    send: async (name, data = {}, id) => {
      const answer = await ask(`e/${eventKey}`, { name, data, ...(id ? { id } : {}) });
      for (const one of ids.parse(answer).ids) sent.push({ name, id: one });
    },
    pass: (ms = 0) => wait(1_000 + (ms / minute) * 1_000),
    inMinutes: (count) => new Date(Date.now() + count * 1_000).toISOString(),
  });
  const sorted = (list: readonly string[]) => (scenario.unordered ? [...list].sort() : [...list]);
  const ended = async () => {
    const all = await Promise.all(
      [...new Set(sent.map(({ id }) => id))].map((id) => ask(`v1/events/${id}/runs`)),
    );
    return all.flatMap((one) => runs.parse(one).data).map(({ status }) => status.toLowerCase());
  };
  // Only runs that the events themselves started can be asked for; others show in the effects.
  const names = sent.map(({ name }) => name);
  await until(async () => (await ended()).sort(), direct(scenario, functions, names).sort());
  await until(async () => sorted(effects), sorted(scenario.effects));
}

/** Looks once a second for up to five minutes (four real retries take half of it); then says what is different. */
async function until(look: () => Promise<string[]>, wanted: string[]): Promise<void> {
  for (let second = 0; second < 300; second++) {
    if (JSON.stringify(await look()) === JSON.stringify(wanted)) return;
    await wait(1_000);
  }
  expect(await look()).toEqual(wanted);
}

/** How the runs end that begin with one of these events and no invoke. */
function direct(scenario: Scenario, functions: InngestFunction.Any[], names: string[]): string[] {
  return Object.entries(scenario.runs).flatMap(([id, ends]) => {
    const fn = functions.find((one) => one.id() === id);
    const triggers = fn?.opts.triggers as { event?: unknown }[] | undefined;
    const begins = triggers?.some(({ event }) => typeof event === "string" && names.includes(event));
    return begins ? ends.map(({ state }) => state) : [];
  });
}

async function ask(path: string, body?: object): Promise<unknown> {
  const response = await fetch(new URL(path, `${base}/`), {
    method: body ? "POST" : "GET",
    ...(body ? { body: JSON.stringify(body) } : {}),
    headers: {
      "content-type": "application/json",
      ...(signingKey ? { authorization: `Bearer ${signingKey}` } : {}),
    },
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
