import { readFileSync } from "node:fs";
import { eq, inArray, isNotNull, sql } from "drizzle-orm";
import { closeDatabase } from "@/db/client";
import { sessions, tickets, users } from "@/db/schema";
import { sha256 } from "@/lib/platform/crypto";
import { grantCookieName, originOf } from "@/lib/platform/origins";
import { actions, admits, pages, type Relation, routes, type Walker, walkers } from "../access";
import { actionCalls } from "../access-inputs";
import { type AccessWorld, createAccessWorld } from "../access-world";
import { type Answer, ask, askRaw, askUpgrade, type Question } from "../ask";
import { expect, test } from "../fixtures";
import { startUpstream, type Upstream } from "../upstream/upstream";

/**
 * Walks the list of who may over plain HTTP: nothing here goes through a browser that would be polite. Each
 * entry is tried by everybody; what is refused leaves every row as it was, what is let in shows that the
 * entry is alive.
 */
let url: string;
let world: AccessWorld;
let upstream: Upstream;
const people = walkers.filter((walker) => walker !== "nobody");

test.beforeAll(async ({ baseURL }) => {
  url = baseURL ?? "";
  upstream = await startUpstream();
  world = await createAccessWorld(url, upstream.address);
});

test.afterAll(async () => {
  await upstream?.close();
  await closeDatabase();
});

/** Rows that a person's act could change; what jobs measure and count by themselves is not among them. */
const tables = [
  "users user_roles roles settings courses course_members classes enrolments course_classes templates",
  "template_versions experiments tasks assignments attachments files attempts workspaces workspace_events",
  "tickets grants collections collected_files audit_log budgets recordings recording_consents watches",
].flatMap((line) => line.split(" "));

/** A hash of every table; CHECKSUM TABLE is not to be trusted with generated columns. */
async function rows(): Promise<Record<string, unknown>> {
  const read = async (table: string) => {
    const [found] = await world.db.execute(sql.raw(`SELECT * FROM ${table} ORDER BY 1, 2`));
    return [table, sha256(JSON.stringify(found))] as const;
  };
  const ended = await world.db.select({ id: sessions.id }).from(sessions).where(isNotNull(sessions.endedAt));
  return {
    ...Object.fromEntries(await Promise.all(tables.map(read))),
    ended: ended.map(({ id }) => id).sort(),
  };
}

/** What `refused` does must change nothing. */
async function unchanged(what: string, refused: () => Promise<unknown>): Promise<void> {
  const before = await rows();
  await refused();
  expect.soft(await rows(), `${what}: rows after refusals`).toEqual(before);
}

const rightful = (relation: Relation): Walker | undefined =>
  (["owner", "teacher", "admin"] as const).find((walker) => admits(relation, walker));
/** Those to whom nothing of this world is known. */
const outsiders = new Set<Walker>(["nobody", "stranger", "otherTeacher"]);

function tellsNothing(what: string, walker: string, answer: Answer): void {
  const told = answer.body.includes(world.mark) || JSON.stringify(answer.headers).includes(world.mark);
  expect.soft(told, `${what} as ${walker} tells a name of this world`).toBe(false);
}

async function suspended(walk: () => Promise<void>): Promise<void> {
  const ids = people.flatMap((walker) => world.actors[walker]?.id ?? []);
  const set = (status: "active" | "suspended") =>
    world.db.update(users).set({ status }).where(inArray(users.id, ids));
  await set("suspended");
  try {
    await walk();
  } finally {
    await set("active");
  }
}

/** Somebody whose session no longer counts, in both ways that it can stop to count. */
async function asTheDead(
  walk: (who: string, cookie: (walker: Walker) => string) => Promise<void>,
): Promise<void> {
  await walk("revoked", (walker) => world.revoked[walker]);
  await suspended(() => walk("suspended", (walker) => world.cookies[walker]));
}

// ---------------------------------------------------------------- pages

const pagePath = (file: string): string => {
  const path = file
    .replace(/^app/, "")
    .replace(/\/page\.tsx$/, "")
    .replace(/\/\([^)]+\)/g, "");
  const id = path.startsWith("/admin/jobs")
    ? world.runId
    : path.startsWith("/teach/classes")
      ? world.classId
      : path.startsWith("/teach/courses")
        ? world.courseId
        : path.startsWith("/teach/templates")
          ? world.templateId
          : path.startsWith("/workspaces")
            ? world.place.workspaceId
            : path.startsWith("/recordings")
              ? world.recordingId
              : path.startsWith("/attempts")
                ? world.place.attemptId
                : world.experimentId;
  return path.replace("[id]", id) || "/";
};

type Seen = "shown" | "sign-in" | "hidden" | `to ${string}`;

/** Next streams: a page that turns out to be hidden, or elsewhere, may say so in its body alone. */
function seen(answer: Answer): Seen {
  const location = answer.headers.location ?? /NEXT_REDIRECT;\w+;([^;"\\]+);/.exec(answer.body)?.[1];
  if (location) {
    const path = location.replace(url, "");
    return path.startsWith("/sign-in") ? "sign-in" : `to ${path.split("?")[0]}`;
  }
  if (answer.status === 404 || answer.body.includes("NEXT_HTTP_ERROR_FALLBACK;404")) return "hidden";
  expect.soft(answer.status, answer.body.slice(0, 300)).toBe(200);
  return "shown";
}

const homes: Record<Walker, string> = {
  nobody: "sign-in",
  stranger: "to /experiments",
  classmate: "to /experiments",
  owner: "to /experiments",
  otherTeacher: "to /teach/courses",
  assistant: "to /teach/courses",
  teacher: "to /teach/courses",
  admin: "to /admin/workspaces",
};

function expectedPage(file: string, relation: Relation, walker: Walker): string {
  // Whoever is not signed in is asked for that before they learn whether there is a page.
  if (relation === "development")
    return walker === "nobody" && file.startsWith("app/(app)/") ? "sign-in" : "hidden";
  if (relation === "set-up open") return "sign-in";
  if (relation === "anyone")
    return walker === "nobody" ? "shown" : homes[walker] === "sign-in" ? "shown" : "to /";
  if (walker === "nobody") return "sign-in";
  if (file === "app/page.tsx") return homes[walker];
  if (file === "app/(app)/teach/page.tsx") return "to /teach/courses";
  if (relation === "password change due") return "to /account";
  return admits(relation, walker) ? "shown" : "hidden";
}

test("every page", async () => {
  const tell = new Set<string>();
  for (const [file, relation] of Object.entries(pages) as [string, Relation][]) {
    const path = pagePath(file);
    const get = (cookie: string, headers: Record<string, string> = {}) =>
      ask(url, { path, headers: { ...(cookie ? { cookie } : {}), accept: "text/html", ...headers } });
    await unchanged(file, async () => {
      await Promise.all(
        walkers.map(async (walker) => {
          const answer = await get(world.cookies[walker]);
          expect.soft(seen(answer), `${path} as ${walker}`).toBe(expectedPage(file, relation, walker));
          expect.soft(answer.headers["cache-control"], `${path} as ${walker}`).toContain("no-store");
          if (answer.body.includes(world.mark)) tell.add(file);
          if (!admits(relation, walker) || outsiders.has(walker)) {
            tellsNothing(path, walker, answer);
            // The same page by its other names: data for the router, a prefetch, a header that once skipped checks.
            for (const headers of [
              { rsc: "1" },
              { rsc: "1", "next-router-prefetch": "1" },
              { "x-middleware-subrequest": "middleware:middleware", "x-labyard-path": "//evil.test" },
            ] as Record<string, string>[]) {
              tellsNothing(path, walker, await get(world.cookies[walker], headers));
            }
          }
        }),
      );
    });
    await asTheDead(async (who, cookie) => {
      const answer = await get(cookie(rightful(relation) ?? "admin"));
      expect.soft(seen(answer), `${path} as ${who}`).toBe(expectedPage(file, relation, "nobody"));
      tellsNothing(path, who, answer);
    });
  }
  // Control: those who may do read the names, so their absence elsewhere means something.
  expect
    .soft([...tell].sort())
    .toEqual(
      [
        "app/(app)/admin/costs/page.tsx",
        "app/(app)/admin/users/page.tsx",
        "app/(app)/admin/workspaces/page.tsx",
        "app/(app)/experiments/[id]/page.tsx",
        "app/(app)/experiments/page.tsx",
        "app/(app)/attempts/[id]/recordings/page.tsx",
        "app/(app)/recordings/[id]/page.tsx",
        "app/(app)/teach/classes/[id]/import/page.tsx",
        "app/(app)/teach/classes/[id]/page.tsx",
        "app/(app)/teach/classes/page.tsx",
        "app/(app)/teach/courses/[id]/costs/page.tsx",
        "app/(app)/teach/courses/[id]/page.tsx",
        "app/(app)/teach/courses/page.tsx",
        "app/(app)/teach/experiments/[id]/live/page.tsx",
        "app/(app)/teach/experiments/[id]/page.tsx",
        "app/(app)/teach/templates/[id]/page.tsx",
        "app/(app)/teach/templates/page.tsx",
        "app/(workspace)/workspaces/[id]/page.tsx",
        "app/(workspace)/workspaces/[id]/terminal/page.tsx",
      ].sort(),
    );
});

// ---------------------------------------------------------------- route handlers

type Call = { path: string; body?: string; type?: string; stream?: boolean; status?: number };

const routeCalls = (): Record<keyof typeof routes, Call> => {
  const attempt = `/api/attempts/${world.place.attemptId}`;
  const workspace = `/api/workspaces/${world.place.workspaceId}`;
  const json = "application/json";
  const inngest = { path: "/api/inngest?fnId=labyard-reconcile&stepId=step", body: "{}", type: json };
  return {
    "GET app/api/attachments/[id]/route.ts": { path: `/api/attachments/${world.attachmentId}` },
    "PUT app/api/attachments/route.ts": {
      path: `/api/attachments?experiment=${world.experimentId}&name=x.txt`,
      body: "x",
      status: 201,
    },
    "GET app/api/attempts/warnings/route.ts": { path: "/api/attempts/warnings" },
    "GET app/api/attempts/[id]/collected/route.ts": { path: `${attempt}/collected` },
    "GET app/api/attempts/[id]/collection/route.ts": { path: `${attempt}/collection` },
    // There is no home behind the rows: whoever may ask is told that the file is not there.
    "GET app/api/attempts/[id]/file/route.ts": { path: `${attempt}/file?path=a.txt`, status: 404 },
    "GET app/api/attempts/[id]/files/route.ts": { path: `${attempt}/files` },
    "GET app/api/attempts/[id]/archive/route.ts": { path: `${attempt}/archive?names=a.txt`, status: 404 },
    "GET app/api/attempts/[id]/view/route.ts": { path: `${attempt}/view?path=a.png`, status: 404 },
    "GET app/api/attempts/[id]/preview/route.ts": { path: `${attempt}/preview?path=a.txt`, status: 404 },
    "GET app/api/attempts/[id]/uploads/route.ts": { path: `${attempt}/uploads` },
    // Nothing to write into before the first start.
    "POST app/api/attempts/[id]/files/route.ts": {
      path: `${attempt}/files`,
      body: JSON.stringify({ changes: [{ act: "makeFolder", path: "new" }] }),
      type: json,
      status: 409,
    },
    "POST app/api/attempts/[id]/uploads/route.ts": { path: `${attempt}/uploads`, status: 409 },
    "HEAD app/api/attempts/[id]/uploads/[upload]/route.ts": { path: `${attempt}/uploads/x`, status: 409 },
    "PATCH app/api/attempts/[id]/uploads/[upload]/route.ts": { path: `${attempt}/uploads/x`, status: 409 },
    "DELETE app/api/attempts/[id]/uploads/[upload]/route.ts": { path: `${attempt}/uploads/x`, status: 409 },
    "POST app/api/attempts/[id]/uploads/place/route.ts": {
      path: `${attempt}/uploads/place`,
      body: JSON.stringify({ uploads: [{ id: "x", onConflict: "keepBoth" }] }),
      type: json,
      status: 409,
    },
    "GET app/api/auth/[...nextauth]/route.ts": { path: "/api/auth/csrf" },
    "POST app/api/auth/[...nextauth]/route.ts": {
      path: "/api/auth/callback/credentials",
      body: "username=nobody&password=wrong&csrfToken=none",
      type: "application/x-www-form-urlencoded",
      status: 409,
    },
    "GET app/api/collections/[id]/route.ts": { path: `/api/collections/${world.collectionId}` },
    "GET app/api/collections/files/[id]/route.ts": { path: `/api/collections/files/${world.fileId}` },
    "POST app/api/consoles/tickets/route.ts": {
      path: "/api/consoles/tickets",
      body: JSON.stringify({ workspaceId: world.place.workspaceId, mode: "use" }),
      type: json,
    },
    "GET app/api/consoles/tunnel/[workspace]/route.ts": {
      path: `/api/consoles/tunnel/${world.place.workspaceId}?read:7c3a5d1e-0000-4000-8000-1234567890ab:0`,
      status: 404,
    },
    "POST app/api/consoles/tunnel/[workspace]/route.ts": {
      path: `/api/consoles/tunnel/${world.place.workspaceId}?connect`,
      body: "ticket=none",
      type: "application/x-www-form-urlencoded",
      status: 403,
    },
    "GET app/api/costs/route.ts": { path: "/api/costs?format=csv" },
    "GET app/api/courses/[id]/costs/route.ts": { path: `/api/courses/${world.courseId}/costs?format=xlsx` },
    "GET app/api/events/route.ts": {
      path: `/api/events?topics=workspace:${world.place.workspaceId}`,
      stream: true,
    },
    "GET app/api/experiments/[id]/collected/route.ts": {
      path: `/api/experiments/${world.experimentId}/collected`,
    },
    "GET app/api/inngest/route.ts": { path: "/api/inngest", status: 401 },
    "POST app/api/inngest/route.ts": { ...inngest, status: 401 },
    "PUT app/api/inngest/route.ts": { ...inngest, status: 401 },
    "DELETE app/api/inngest/route.ts": { path: "/api/inngest", status: 405 },
    "OPTIONS app/api/inngest/route.ts": { path: "/api/inngest", status: 405 },
    "PATCH app/api/inngest/route.ts": { path: "/api/inngest", status: 405 },
    // What stands in for Jupyter answers with something else: it was asked, and that was no list of kernels.
    "GET app/api/workspaces/[id]/kernels/route.ts": { path: `${workspace}/kernels`, status: 503 },
    "GET app/api/workspaces/[id]/logs/route.ts": { path: `${workspace}/logs` },
    "GET app/api/workspaces/[id]/screen/route.ts": { path: `${workspace}/screen` },
    // No container behind the rows: the driver was asked, and found none.
    "GET app/api/workspaces/[id]/stats/route.ts": { path: `${workspace}/stats` },
    "GET app/api/workspaces/[id]/watches/route.ts": { path: `${workspace}/watches` },
    "GET app/api/recordings/[id]/route.ts": { path: `/api/recordings/${world.recordingId}` },
    "POST app/api/watches/[id]/end/route.ts": {
      path: `/api/watches/${world.otherWatchId}/end`,
      body: "",
      status: 204,
    },
  };
};

const refusals = [401, 403, 404, 405];

test("every route handler and method", async () => {
  const calls = routeCalls();
  for (const [name, relation] of Object.entries(routes) as [keyof typeof routes, Relation][]) {
    const [method = ""] = name.split(" ");
    const call = calls[name];
    const go = (cookie: string, headers: Record<string, string> = { origin: url }) =>
      ask(url, {
        method,
        path: call.path,
        body: call.body,
        headOnly: call.stream,
        headers: {
          ...(cookie ? { cookie } : {}),
          ...(call.type ? { "content-type": call.type } : {}),
          ...headers,
        },
      });
    const refuse = async (who: string, cookie: string, headers?: Record<string, string>) => {
      const answer = await go(cookie, headers);
      expect
        .soft(refusals, `${name} as ${who}: ${answer.status} ${answer.body.slice(0, 200)}`)
        .toContain(answer.status);
      // Missing for those who may looks otherwise than hidden from those who may not.
      expect.soft(answer.body, `${name} as ${who}`).not.toContain("notFound.file");
      tellsNothing(name, who, answer);
    };
    await unchanged(name, async () => {
      await Promise.all(
        walkers
          .filter((walker) => !admits(relation, walker))
          .map((walker) => refuse(walker, world.cookies[walker])),
      );
      const right = rightful(relation);
      if (relation !== "anyone" && right) await asTheDead((who, cookie) => refuse(who, cookie(right)));
      const cookie = world.cookies[right ?? "admin"];
      // Reads, too: what another site's page makes a browser fetch is refused, though it could not read it.
      const foreign = {
        origin: originOf(world.place.label),
        "sec-fetch-site": "same-site",
        "sec-fetch-mode": "cors",
      };
      await refuse("a sibling site", cookie, foreign);
      if (["GET", "HEAD", "OPTIONS"].includes(method) || relation === "signed by the executor") return;
      for (const [who, headers] of foreignOrigins()) await refuse(who, cookie, headers);
    });
    if (refusals.includes(call.status ?? 200) && call.status !== 404) continue;
    for (const walker of walkers.filter((one) => admits(relation, one))) {
      const answer = await go(world.cookies[walker]);
      const expected = call.status ?? 200;
      expect.soft(answer.status, `${name} as ${walker}: ${answer.body.slice(0, 200)}`).toBe(expected);
      if (expected === 404) expect.soft(answer.body).toContain("notFound.file");
    }
  }
});

const foreignOrigins = (): [string, Record<string, string>][] => [
  ["a page without origin", {}],
  ["a sandboxed page", { origin: "null" }],
  ["a workspace's page", { origin: originOf(world.place.label) }],
  ["a page of a longer name", { origin: `${url}.evil.test` }],
  ["a page of another port", { origin: url.replace(/\d+$/, "1") }],
  ["a page that says it is same-site", { origin: url, "sec-fetch-site": "same-site" }],
];

// ---------------------------------------------------------------- server actions

type Built = { id: string; name: keyof typeof actions; page: string };

/** What the running build can be asked for by id; an action that no page uses is not among them. */
function builtActions(): Built[] {
  const folder = process.env.NEXT_DIST_DIR ?? ".next";
  const manifest = JSON.parse(readFileSync(`${folder}/server/server-reference-manifest.json`, "utf8")) as {
    node: Record<string, { workers: Record<string, unknown>; filename: string; exportedName: string }>;
  };
  return Object.entries(manifest.node).map(([id, { filename, exportedName, workers }]) => {
    const inline = exportedName.startsWith("$$");
    const name = Object.keys(actions).find((known) =>
      inline ? known.startsWith(`${filename}#`) : known === `${filename}#${exportedName}`,
    ) as keyof typeof actions | undefined;
    if (!name) throw new Error(`${filename}#${exportedName} can be called and is not in the list`);
    const worker = Object.keys(workers)[0] ?? "";
    return { id, name, page: pagePath(`${worker}.tsx`) };
  });
}

type Outcome = { kind: "done" | "refused" | "void" | "elsewhere" | "broken"; code?: string; answer: Answer };

function outcomeOf(answer: Answer): Outcome {
  const code = /"code":"(\w+)"/.exec(answer.body)?.[1];
  if (answer.status === 403) return { kind: "refused", code: "foreign", answer };
  if (answer.headers["x-action-redirect"]) return { kind: "elsewhere", answer };
  if (answer.status !== 200) return { kind: "broken", answer };
  if (/"ok":false/.test(answer.body) || /^1:\{"code":/m.test(answer.body))
    return { kind: "refused", code, answer };
  // Acts on many answer for each.
  if (/"done":\[\],"failed":\[\{/.test(answer.body)) return { kind: "refused", code, answer };
  if (/"ok":true/.test(answer.body)) return { kind: "done", answer };
  if (/^1:"\$undefined"/m.test(answer.body) || /^1:null/m.test(answer.body)) return { kind: "void", answer };
  return { kind: "broken", answer };
}

function actionQuestion(built: Built, cookie: string, headers: Record<string, string>): Question {
  const call = actionCalls[built.name];
  const args = call.args(world);
  const common = {
    "next-action": built.id,
    accept: "text/x-component",
    ...(cookie ? { cookie } : {}),
    ...headers,
  };
  if (!call.form) {
    return {
      method: "POST",
      path: built.page,
      headers: { ...common, "content-type": "text/plain;charset=UTF-8" },
      body: JSON.stringify(args),
    };
  }
  const boundary = "----walk";
  const part = (name: string, value: unknown) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  return {
    method: "POST",
    path: built.page,
    headers: { ...common, "content-type": `multipart/form-data; boundary=${boundary}` },
    body: `${part("_1_taskId", args[0])}${part("0", '[null,"$K1"]')}--${boundary}--\r\n`,
  };
}

test("a teacher who mixes ids of their own course with those of another gets nowhere", async () => {
  const { foreign, spare } = world;
  const built = new Map(builtActions().map((one) => [one.name, one]));
  const own = { experimentId: foreign.experimentId };
  const course = "lib/courses/actions.ts";
  const experiment = "lib/experiments/actions.ts";
  const attempt = "lib/attempts/actions.ts";
  const workspace = "lib/workspaces/actions.ts";
  const window = { opensAt: null, closesAt: null };
  const theirFile = { ...own, attachmentId: world.attachmentId };
  const tries = [
    [`${course}#enrolClassAction`, { courseId: foreign.courseId, classId: world.classId }],
    [`${course}#removeStudentAction`, { classId: foreign.classId, userId: world.guest.id }],
    [`${course}#removeMemberAction`, { courseId: foreign.courseId, userId: world.assistant.id }],
    [`${experiment}#renameAttachmentAction`, { ...theirFile, name: "mine.txt" }],
    [`${experiment}#removeAttachmentAction`, theirFile],
    [`${experiment}#restoreAttachmentAction`, theirFile],
    [`${experiment}#assignAction`, { ...own, targetType: "class", targetId: world.classId, ...window }],
    [`${experiment}#assignAction`, { ...own, targetType: "student", targetId: world.guest.id, ...window }],
    [`${experiment}#unassignAction`, { ...own, targetType: "class", targetId: world.classId }],
    [
      `${experiment}#editTaskAction`,
      {
        taskId: foreign.taskId,
        templateId: spare.templateId,
        durationMinutes: 60,
        maxAttempts: 1,
        selfExtensions: 0,
        selfExtensionMinutes: 15,
        idleMinutes: 60,
      },
    ],
    [
      `${experiment}#duplicateExperimentAction`,
      { experimentId: world.experimentId, courseId: foreign.courseId, title: "副本" },
    ],
    [
      `${experiment}#duplicateExperimentAction`,
      { experimentId: foreign.experimentId, courseId: world.courseId, title: "副本" },
    ],
    [`${experiment}#createExperimentAction`, { courseId: world.courseId, title: "新实验" }],
    [`${attempt}#endAttemptsAction`, { attemptIds: [world.place.attemptId, world.theirs.attemptId] }],
    [`${workspace}#stopWorkspacesAction`, { workspaceIds: [world.place.workspaceId] }],
  ] as [keyof typeof actions, unknown][];
  const headers = { cookie: foreign.cookie, origin: url };
  await unchanged("mixed ids", async () => {
    for (const [name, input] of tries) {
      const action = built.get(name);
      if (!action) throw new Error(`${name} is not in the build`);
      const answer = await ask(url, {
        ...actionQuestion(action, foreign.cookie, headers),
        body: JSON.stringify([input]),
      });
      const { kind } = outcomeOf(answer);
      // Nothing to take away is an answer, too: the rows say whether something went.
      expect.soft(["refused", "done"], `${name}: ${answer.body.slice(0, 300)}`).toContain(kind);
      tellsNothing(name, "a foreign teacher", answer);
    }
    for (const query of [`student=${world.guest.id}`, `class=${world.classId}`]) {
      const path = `/api/experiments/${foreign.experimentId}/collected?${query}`;
      tellsNothing(path, "a foreign teacher", await ask(url, { path, headers }));
    }
    const path = `/api/events?topics=experiment:${foreign.experimentId},experiment:${world.experimentId},admin`;
    const stream = await ask(url, { path, headers, headOnly: true });
    expect.soft(stream.status, "the topics that are theirs").toBe(200);
  });
});

test("every server action", async () => {
  const built = new Map(builtActions().map((one) => [one.name, one]));
  expect(built.size, "actions in the build").toBeGreaterThan(50);
  // What stops, ends or restarts sets jobs going; they come last, so that rows stand still until then.
  const afterwards: (() => Promise<void>)[] = [];
  for (const [name, relation] of Object.entries(actions) as [keyof typeof actions, Relation][]) {
    const action = built.get(name);
    if (!action) continue;
    const act = async (cookie: string, headers: Record<string, string> = { origin: url }) =>
      outcomeOf(await ask(url, actionQuestion(action, cookie, headers)));
    const refuse = async (who: string, cookie: string, headers?: Record<string, string>) => {
      const { kind, code, answer } = await act(cookie, headers);
      expect.soft(kind, `${name} as ${who}: ${answer.status} ${answer.body.slice(0, 300)}`).toBe("refused");
      expect
        .soft(["unauthenticated", "forbidden", "not_found", "foreign", "conflict", "limit", "invalid"])
        .toContain(code);
      if (relation !== "set-up open")
        expect.soft(["conflict", "limit", "invalid"], `${name} as ${who}`).not.toContain(code);
      tellsNothing(name, who, answer);
    };
    // These two only set a cookie in the browser that asks.
    const harmless = relation === "anyone";
    const right = rightful(relation);
    // Throws where others answer: a form of every page, with nothing to show its answer in.
    const throws = name.endsWith("#signOutAction") || name.startsWith("app/(app)/layout.tsx");
    await unchanged(name, async () => {
      if (throws || harmless) {
        const { answer } = await act("");
        tellsNothing(name, "nobody", answer);
      } else {
        await Promise.all(
          walkers
            .filter((walker) => !admits(relation, walker))
            .map((walker) => refuse(walker, world.cookies[walker])),
        );
        if (right) await asTheDead((who, cookie) => refuse(who, cookie(right)));
      }
      for (const [who, headers] of foreignOrigins()) {
        if (harmless && who === "a page without origin") continue;
        if (throws) {
          const { kind, answer } = await act(world.cookies[right ?? "admin"], headers);
          expect
            .soft(["refused", "broken", "void"], `${name} as ${who}: ${answer.body.slice(0, 200)}`)
            .toContain(kind);
          expect.soft(answer.headers["set-cookie"] ?? [], `${name} as ${who}`).toEqual([]);
        } else await refuse(who, world.cookies[right ?? "admin"], headers);
      }
    });
    if (relation === "set-up open") continue;
    const letIn = async () => {
      const actor = world.actors[right ?? "owner"];
      const own = name.endsWith("#signOutAction") && actor ? await world.freshCookie(actor) : undefined;
      const { kind, code, answer } = await act(own ?? world.cookies[right ?? "owner"]);
      const { but } = actionCalls[name];
      const said = `${name} as ${right}: ${kind} ${code} ${answer.status} ${answer.body.slice(0, 400)}`;
      if (but) expect.soft(code, said).toBe(but);
      else expect.soft(["done", "void", "elsewhere"], said).toContain(kind);
    };
    if (/^lib\/(attempts|workspaces)\//.test(name)) afterwards.push(letIn);
    else await letIn();
    // Lists that everybody may ask for show each only what is theirs.
    if (relation === "signed in" && !throws) {
      for (const walker of ["stranger", "otherTeacher"] as const)
        tellsNothing(name, walker, (await act(world.cookies[walker])).answer);
    }
  }
  for (const letIn of afterwards) await letIn();
});

// ---------------------------------------------------------------- the listener: workspaces and upgrades

test("every way into a workspace, and every upgrade", async () => {
  const { place, theirs } = world;
  const host = new URL(originOf(place.label)).host;
  const otherHost = new URL(originOf(theirs.label)).host;
  const own = originOf(place.label);
  const ticketOf = async (walker: Walker, workspaceId: string) => {
    const answer = await ask(url, {
      method: "POST",
      path: "/api/consoles/tickets",
      headers: { cookie: world.cookies[walker], origin: url, "content-type": "application/json" },
      body: JSON.stringify({ workspaceId, mode: "use" }),
    });
    expect.soft(answer.status, answer.body).toBe(200);
    return (JSON.parse(answer.body) as { ticket: string }).ticket;
  };
  const enter = (ticket: string, at = host, headers: Record<string, string> = { origin: url }) =>
    ask(url, {
      method: "POST",
      path: "/__lab/enter",
      host: at,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams({ ticket, next: "//evil.test/" }).toString(),
    });
  const grantOf = (answer: Answer) =>
    String(answer.headers["set-cookie"]?.[0]).split(";")[0]?.split("=")[1] ?? "";
  const cookieAt = (label: string, grant: string) => `${grantCookieName(label)}=${grant}`;

  // Tickets: for one person, one workspace, once, from the app's own form.
  const ticket = await ticketOf("owner", place.workspaceId);
  for (const origin of ["null", own, originOf(theirs.label), `${url}.evil.test`])
    expect.soft((await enter(ticket, host, { origin })).status, `ticket from ${origin}`).toBe(403);
  expect.soft((await enter(ticket, host, {})).status, "ticket without origin").toBe(403);
  expect.soft((await enter(ticket, otherHost)).status, "ticket at another workspace").toBe(403);
  expect.soft((await enter("x".repeat(43))).status, "a made-up ticket").toBe(403);
  const entered = await enter(ticket);
  expect.soft(entered.status).toBe(303);
  expect.soft(entered.headers.location, "never to another site").toMatch(/^\/(?!\/)/);
  expect
    .soft(entered.headers["set-cookie"]?.[0])
    .toMatch(/^__Host-Http-ws-\w+=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=None; Partitioned$/);
  expect.soft((await enter(ticket)).status, "a ticket a second time").toBe(403);
  const late = await ticketOf("owner", place.workspaceId);
  await world.db.update(tickets).set({ expiresAt: new Date(Date.now() - 1_000) });
  expect.soft((await enter(late)).status, "a ticket too late").toBe(403);

  const grant = grantOf(entered);
  const foreignGrant = grantOf(await enter(await ticketOf("classmate", theirs.workspaceId), otherHost));
  const same = { "sec-fetch-site": "same-origin" };
  const tries: [string, Record<string, string>][] = [
    ["nobody", {}],
    ["the app's session", { cookie: world.cookies.owner }],
    ["a teacher's session", { cookie: world.cookies.teacher }],
    ["another student's grant", { cookie: cookieAt(theirs.label, foreignGrant) }],
    ["another student's grant under this name", { cookie: cookieAt(place.label, foreignGrant) }],
    ["a ticket as grant", { cookie: cookieAt(place.label, ticket) }],
  ];
  const dialled = upstream.connections;
  for (const [who, headers] of tries) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const answer = await ask(url, {
        method,
        path: "/api/terminals",
        host,
        headers: { ...same, origin: own, ...headers },
      });
      expect.soft([401, 403], `${method} as ${who}`).toContain(answer.status);
    }
    for (const [method, path] of [
      ["GET", "/__lab/notices"],
      ["POST", "/__lab/act"],
      ["POST", "/__lab/here"],
    ] as const) {
      const answer = await ask(url, { method, path, host, headers: { ...same, origin: own, ...headers } });
      expect.soft([401, 403], `${method} ${path} as ${who}`).toContain(answer.status);
    }
    const status = await askUpgrade(url, { path: "/ws/echo", host, headers: { origin: own, ...headers } });
    expect.soft([401, 403], `upgrade as ${who}`).toContain(status);
  }
  const mine = { cookie: cookieAt(place.label, grant) };
  for (const origin of [
    url,
    originOf(theirs.label),
    "null",
    `${own}.evil.test`,
    own.replace("http:", "https:"),
  ]) {
    const status = await askUpgrade(url, { path: "/ws/echo", host, headers: { ...mine, origin } });
    expect.soft(status, `upgrade from ${origin}`).toBe(403);
    const posted = await ask(url, {
      method: "POST",
      path: "/api/terminals",
      host,
      headers: { ...mine, ...same, origin },
    });
    expect.soft(posted.status, `POST from ${origin}`).toBe(403);
  }
  expect
    .soft(await askUpgrade(url, { path: "/ws/echo", host, headers: mine }), "upgrade without origin")
    .toBe(403);
  for (const site of ["same-site", "cross-site"]) {
    for (const mode of ["no-cors", "cors", "navigate"]) {
      const headers = {
        ...mine,
        "sec-fetch-site": site,
        "sec-fetch-mode": mode,
        "sec-fetch-dest": "document",
      };
      const answer = await ask(url, { method: "POST", path: "/api/terminals", host, headers });
      expect.soft(answer.status, `${site} ${mode} POST`).toBe(403);
    }
  }
  const worker = { ...mine, ...same, "service-worker": "script", "sec-fetch-dest": "serviceworker" };
  expect
    .soft((await ask(url, { path: "/sw.js", host, headers: worker })).status, "a service worker")
    .toBe(403);
  for (const path of ["/a/../../etc", "/%2e%2e/x", "/a%2f..%2fb", "/a\\b", "//evil.test/", "/%00"])
    expect.soft((await ask(url, { path, host, headers: { ...mine, ...same } })).status, path).toBe(400);
  expect.soft(upstream.connections, "nothing inside was dialled for any of them").toBe(dialled);

  // Control: the owner's own pages do get in.
  const act = { method: "POST", path: "/__lab/act", host, headers: { ...mine, ...same, origin: own } };
  expect.soft((await ask(url, act)).status, "an act of the owner").toBe(204);
  expect.soft((await ask(url, { path: "/small", host, headers: { ...mine, ...same } })).status).toBe(200);
  expect.soft(await askUpgrade(url, { path: "/ws/echo", host, headers: { ...mine, origin: own } })).toBe(101);
  const inside = upstream.requests.find((request) => request.url === "/small");
  expect.soft(inside?.headers.cookie, "no cookie of ours goes inside").toBeUndefined();
  expect.soft(inside?.headers.authorization).toBe("token secret-of-the-stand-in");

  // The app takes no upgrade at all, for whomever.
  for (const path of ["/", "/api/events", "/api/inngest", "/_next/webpack-hmr", "/workspaces/x"]) {
    for (const headers of [{}, { origin: url, cookie: world.cookies.admin }, { origin: own }] as Record<
      string,
      string
    >[])
      expect.soft(await askUpgrade(url, { path, headers }), `upgrade of ${path}`).not.toBe(101);
  }
  // What monitors may read, no person may, whatever their role; what is ready is told to anyone, without figures.
  for (const walker of walkers) {
    const cookie = world.cookies[walker];
    const figures = await ask(url, { path: "/metrics", headers: { ...(cookie ? { cookie } : {}) } });
    expect.soft(figures.status, `/metrics as ${walker}`).toBe(401);
    expect.soft(figures.body).not.toContain("labyard_");
  }
  for (const path of ["/api/health", "/api/ready"]) {
    const told = await ask(url, { path });
    expect.soft(told.status, path).toBe(200);
    expect.soft(told.body, path).not.toMatch(/GB|ms"|ECONN|alive/);
  }
  const byNumber = `127.0.0.1:${new URL(url).port}`;
  const monitor = await ask(url, { path: "/metrics", host: byNumber });
  expect.soft(monitor.status, "/metrics from this machine").toBe(200);
  expect.soft(monitor.body).toContain("labyard_http_requests_total");
  const forwarded = { "x-forwarded-for": "10.0.0.7" };
  expect.soft((await ask(url, { path: "/metrics", host: byNumber, headers: forwarded })).status).toBe(401);
  expect.soft((await ask(url, { path: "/api/ready", host: byNumber })).body).toContain("GB free");
  // Requests that name another place to go to are nobody's.
  const handshake = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  ];
  const app = new URL(url).host;
  const reached = upstream.connections;
  for (const [what, lines] of [
    ["an absolute target", [`GET http://${upstream.address}/ HTTP/1.1`, `Host: ${app}`]],
    ["an absolute upgrade", [`GET http://${upstream.address}/ HTTP/1.1`, `Host: ${app}`, ...handshake]],
    ["another host", ["GET / HTTP/1.1", `Host: ${upstream.address}`]],
    ["another host's upgrade", ["GET / HTTP/1.1", `Host: ${upstream.address}`, ...handshake]],
    ["two hosts", ["GET / HTTP/1.1", `Host: ${app}`, `Host: ${host}`]],
    ["a trailing dot", ["GET / HTTP/1.1", `Host: ${host.replace(":", ".:")}`]],
    ["loopback's name", ["GET /account HTTP/1.1", `Host: 127.0.0.1:${new URL(url).port}`]],
  ] as [string, string[]][]) {
    expect.soft([0, 400, 421], what).toContain(await askRaw(url, lines));
  }
  expect.soft(upstream.connections).toBe(reached);

  // Signed out: what the session opened closes by itself.
  const session = await world.db
    .select({ id: sessions.id })
    .from(sessions)
    .where(eq(sessions.userId, world.actors.owner?.id ?? ""));
  await world.db
    .update(sessions)
    .set({ endedAt: new Date() })
    .where(
      inArray(
        sessions.id,
        session.map(({ id }) => id),
      ),
    );
  await expect
    .poll(async () => (await ask(url, { path: "/small", host, headers: { ...mine, ...same } })).status, {
      timeout: 10_000,
    })
    .toBe(401);
});
