import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { metrics } from "@/lib/platform/metrics";

type Panel = { id: number; type: string; title: string; targets?: { expr: string }[] };
type Dashboard = { panels: Panel[]; templating: { list: { query: string | { query: string } }[] } };

const dashboard = JSON.parse(readFileSync("deploy/grafana/labyard.json", "utf8")) as Dashboard;
const own = /\b(?:labyard|process|nodejs)_[a-z0-9_]+/g;

async function known() {
  const text = await metrics().text();
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]),
  );
  const names = new Set(types.keys());
  for (const [name, type] of types)
    if (type === "histogram") for (const part of ["bucket", "sum", "count"]) names.add(`${name}_${part}`);
  return { names, types };
}

const queries = dashboard.panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => expr));
const variables = dashboard.templating.list.map(({ query }) =>
  typeof query === "string" ? query : query.query,
);

test("every panel asks something, and panels do not share a number", () => {
  const drawn = dashboard.panels.filter((panel) => panel.type !== "row");
  expect(drawn.length).toBeGreaterThan(20);
  for (const panel of drawn) expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
});

test("every query uses metrics that there are, counters as rates", async () => {
  const { names, types } = await known();
  for (const query of [...queries, ...variables]) {
    const used = query.match(own) ?? [];
    for (const name of used) expect([...names], query).toContain(name);
    // A counter is only worth looking at as a rate.
    for (const name of used)
      if (types.get(name) === "counter") expect(query, query).toContain(`rate(${name}`);
  }
});

test("every metric of ours is on the dashboard", async () => {
  const { types } = await known();
  const all = [...queries, ...variables].join(" ");
  const ours = [...types.keys()].filter((name) => name.startsWith("labyard_"));
  expect(ours.length).toBeGreaterThan(30);
  expect(ours.filter((name) => !all.includes(name))).toEqual([]);
});

test("labels are closed lists: no metric of ours has one for ids, names or addresses", () => {
  const all = metrics().registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[];
  const ours = all.filter(({ name }) => name.startsWith("labyard_"));
  expect(ours.length).toBeGreaterThan(30);
  const labels = new Set(ours.flatMap(({ labelNames }) => labelNames));
  expect([...labels].sort()).toEqual([
    "cause",
    "direction",
    "function",
    "protocol",
    "result",
    "route",
    "start",
    "state",
    "status",
  ]);
});
