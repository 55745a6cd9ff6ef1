import { Writable } from "node:stream";
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toActionError } from "./action";
import { createCtx, nobody } from "./context";
import { logOptions } from "./log";
import { withLogContext, withoutLogContext } from "./log-context";

type Line = Record<string, unknown>;
const shared = globalThis as typeof globalThis & { labyardLog?: pino.Logger };
let before: pino.Logger | undefined;
let lines: string[] = [];
const parsed = () => lines.map((line) => JSON.parse(line) as Line);

beforeEach(() => {
  lines = [];
  before = shared.labyardLog;
  const sink = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  shared.labyardLog = pino({ ...logOptions(), level: "debug" }, sink);
});
afterEach(() => {
  shared.labyardLog = before;
});

test("lines carry request, run and workspace, each once, also after awaiting", async () => {
  await withLogContext({ requestId: "r1" }, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    await withLogContext({ runId: "run1", workspaceId: "w1" }, async () => {
      await Promise.resolve();
      createCtx(nobody).log.info("inside");
      withoutLogContext(() => createCtx(nobody, { requestId: "r9" }).log.info("elsewhere"));
    });
    createCtx(nobody).log.info("outside");
  });
  createCtx(nobody, { requestId: "r2" }).log.info("alone");
  const [inside, elsewhere, outside, alone] = parsed();
  expect(elsewhere).toMatchObject({ requestId: "r9" });
  expect(elsewhere).not.toHaveProperty("runId");
  expect(inside).toMatchObject({ requestId: "r1", runId: "run1", workspaceId: "w1" });
  expect(outside).toMatchObject({ requestId: "r1" });
  expect(outside).not.toHaveProperty("runId");
  expect(alone).toMatchObject({ requestId: "r2" });
  for (const line of lines) expect(line.match(/"requestId"/g)).toHaveLength(1);
});

test("the number that a person is told is found in the log, beside the cause", () => {
  const told = withLogContext({ requestId: "r3" }, () =>
    toActionError(new Error("disk on fire"), createCtx(nobody), () => "出了点问题"),
  );
  expect(told).toMatchObject({ code: "internal", message: "出了点问题", requestId: "r3" });
  expect(parsed()).toMatchObject([{ requestId: "r3", err: { message: "disk on fire" } }]);
  expect(JSON.stringify(told)).not.toContain("disk on fire");
});

test("secrets are blanked by their names, wherever they are", () => {
  createCtx(nobody).log.info({
    password: "s3cret-a",
    body: { token: "s3cret-b", ticket: "s3cret-c" },
    req: { headers: { cookie: "s3cret-d", authorization: "Bearer s3cret-e" } },
    config: { headers: { Authorization: "token s3cret-f" } },
  });
  expect(lines.join()).not.toContain("s3cret");
});
