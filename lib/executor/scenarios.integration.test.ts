import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLab, testClient } from "./testing/harness";
import type { Scenario } from "./testing/scenario";
import { scenarios } from "./testing/scenarios";
import { serveWithNext } from "./testing/serve-with-next";

type NextServer = Awaited<ReturnType<typeof serveWithNext>>;

describe("in process, on a clock that is moved", () => {
  test.each(scenarios)("$name", (scenario) => play(scenario));
});

describe("through a route of Next over HTTP, on a clock that is moved", () => {
  let server: NextServer;
  beforeAll(async () => {
    server = await serveWithNext();
  });
  afterAll(() => server.close());
  test.each(scenarios)("$name", (scenario) => play(scenario, server));
});

// Slots and days that a scenario of the same database has used up are behind the next one.
let days = 0;

async function play(scenario: Scenario, server?: NextServer): Promise<void> {
  const client = testClient();
  const effects: string[] = [];
  const note = (effect: string) => {
    if (!scenario.repeats || !effects.includes(effect)) effects.push(effect);
  };
  const functions = scenario.functions(client, note, (count) => `${count}m`);
  server?.put(client, functions);
  const lab = createLab(client, functions, server?.reach, ++days);
  await lab.executor.register();
  const before = new Map<string, number>();
  for (const id of Object.keys(scenario.runs)) before.set(id, (await lab.states(id)).length);
  await scenario.play({
    send: lab.send,
    pass: (ms) => lab.after(...(ms ? [ms] : [])),
    inMinutes: (count) => new Date(lab.clock.now().getTime() + count * 60_000).toISOString(),
  });

  const sorted = (list: string[]) => (scenario.unordered ? [...list].sort() : list);
  expect(sorted(effects)).toEqual(sorted(scenario.effects));
  for (const [functionId, ends] of Object.entries(scenario.runs)) {
    const runs = (await lab.runs(functionId)).slice(before.get(functionId));
    expect(runs.map(({ state }) => state)).toEqual(ends.map(({ state }) => state));
    expect(runs).toMatchObject(ends);
    for (const run of runs) expect({ jobs: run.jobs, waits: run.waits }).toEqual({ jobs: [], waits: [] });
  }
}
