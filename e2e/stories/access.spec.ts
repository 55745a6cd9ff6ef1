import { inArray, isNotNull } from "drizzle-orm";
import { closeDatabase } from "@/db/client";
import { sessions, users } from "@/db/schema";
import { originOf } from "@/lib/platform/origins";
import { actions, admits, pages, type Relation, routes, type Walker, walkers } from "../access";
import { actionCalls, routeCalls } from "../access-inputs";
import { type AccessWorld, createAccessWorld } from "../access-world";
import { builtActions } from "../action-id";
import { type Answer, ask, type Question } from "../ask";
import { expect, test } from "../fixtures";
import { tableHashes } from "../table-hashes";
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

async function rows(): Promise<Record<string, unknown>> {
  const ended = await world.db.select({ id: sessions.id }).from(sessions).where(isNotNull(sessions.endedAt));
  return { ...(await tableHashes(tables)), ended: ended.map(({ id }) => id).sort() };
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

const refusals = [401, 403, 404, 405];

test("every route handler and method", async () => {
  const calls = routeCalls(world);
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
const builtByName = () =>
  new Map<keyof typeof actions, Built>(
    builtActions().map(({ id, filename, exportedName, workers }) => {
      const inline = exportedName.startsWith("$$");
      const name = Object.keys(actions).find((known) =>
        inline ? known.startsWith(`${filename}#`) : known === `${filename}#${exportedName}`,
      ) as keyof typeof actions | undefined;
      if (!name) throw new Error(`${filename}#${exportedName} can be called and is not in the list`);
      return [name, { id, name, page: pagePath(`${Object.keys(workers)[0] ?? ""}.tsx`) }];
    }),
  );

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
  const built = builtByName();
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
  const built = builtByName();
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
