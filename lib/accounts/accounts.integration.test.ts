import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { and, eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { sessions, settings, signInFailures, userRoles, users } from "@/db/schema/accounts";
import { auditLog, changes } from "@/db/schema/audit";
import { fixedClock, systemClock } from "@/lib/platform/clock";
import { type Ctx, createCtx, nobody, type UserActor } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import { metrics } from "@/lib/platform/metrics";
import type { Role } from "@/lib/platform/permissions";
import { changePassword } from "./change-password";
import { checkAccounts, createAccounts, prepareAccounts } from "./create-accounts";
import { createUser } from "./create-user";
import { endOwnSession } from "./end-own-session";
import { ensureFirstRun } from "./ensure-first-run";
import { ensureRoles } from "./ensure-roles";
import { hashPassword } from "./password";
import { listUsers, ownSessions } from "./queries";
import { ctxOfCookieHeader } from "./request";
import { resetPassword } from "./reset-password";
import { restoreUser } from "./restore-user";
import { readSession } from "./session";
import { onSessionEnded, sessionAlive } from "./session-alive";
import { sessionCookie, writeToken } from "./session-token";
import { setRoles } from "./set-roles";
import { completeSetUp, isSetUpOpen, openSetUp } from "./set-up";
import { signIn } from "./sign-in";
import { signOut } from "./sign-out";
import { suspendUser } from "./suspend-user";
import { updateUser } from "./update-user";

const password = "marble otter 71";
let hash: string;
const home = mkdtempSync(join(tmpdir(), "labyard-accounts-"));
let serial = 0;

beforeAll(async () => {
  process.env.LABYARD_HOME = home;
  process.env.LOG_LEVEL = "fatal";
  hash = await hashPassword(password);
  await ensureRoles({ ctx: createCtx(nobody) });
});

beforeEach(async () => {
  // Who else is a superadmin decides several of these stories.
  await database()
    .delete(userRoles)
    .where(inArray(userRoles.role, ["admin", "superadmin"]));
});

afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await closeDatabase();
});

const person = async (role: Role, more: Partial<typeof users.$inferInsert> = {}) => {
  const id = newId();
  const username = `p${++serial}-${id.slice(-6).toLowerCase()}`;
  const at = systemClock.now();
  await database()
    .insert(users)
    .values({
      id,
      username,
      name: `人 ${serial}`,
      passwordHash: hash,
      createdAt: at,
      updatedAt: at,
      ...more,
    });
  await database().insert(userRoles).values({ userId: id, role });
  return { id, username: more.username ?? username };
};

const nobodyCtx = (overrides: Partial<Ctx> = {}) => createCtx(nobody, overrides);
const from = { address: "10.1.1.1", userAgent: "Test" };

const enter = async (
  username: string,
  overrides: Partial<Ctx> = {},
  typed = password,
  address = from.address,
) => signIn({ ctx: nobodyCtx(overrides), input: { username, password: typed }, from: { ...from, address } });

const ctxFor = async (username: string): Promise<{ ctx: Ctx; actor: UserActor; cookie: string }> => {
  const opened = await enter(username);
  const cookie = `${sessionCookie().name}=${await writeToken(opened)}`;
  const ctx = await ctxOfCookieHeader(cookie);
  if (ctx.actor.type !== "user") throw new Error("not signed in");
  return { ctx, actor: ctx.actor, cookie };
};

const refusal = async (work: Promise<unknown>): Promise<AppError> => {
  const thrown = await work.then(
    () => new Error("it was allowed"),
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw thrown;
  return thrown;
};

const audited = (action: string, targetId: string) =>
  database()
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.action, action), eq(auditLog.targetId, targetId)));

test("a session row stands behind every cookie, and carries the roles as they are now", async () => {
  const bob = await person("teacher");
  const { ctx, actor, cookie } = await ctxFor(bob.username);
  expect(actor.roles).toEqual(["teacher"]);
  expect(actor.permissions.has("course.create")).toBe(true);
  await database().insert(userRoles).values({ userId: bob.id, role: "admin" });
  const again = await ctxOfCookieHeader(cookie);
  expect(again.actor.permissions.has("user.manage")).toBe(true);

  await signOut({ ctx });
  expect((await ctxOfCookieHeader(cookie)).actor.type).toBe("nobody");
  expect(await audited("session.ended", actor.sessionId)).toHaveLength(1);
});

test("look-alikes of a name are the same person or nobody", async () => {
  const { id, username } = await person("student", { username: `bob${newId().slice(-5).toLowerCase()}` });
  for (const typed of [username.toUpperCase(), `${username} `, username.replace("bob", "ｂｏｂ")]) {
    expect((await enter(typed)).userId).toBe(id);
  }
  for (const typed of [`${username}\u200b`, username.replace("bob", "bób"), username.replace("bob", "bоb")]) {
    expect((await refusal(enter(typed))).key).toBe("accounts.signInFailed");
  }
  const root = await person("superadmin");
  const { ctx } = await ctxFor(root.username);
  const twin = { name: "孪生", number: "", email: "", roles: ["student" as const] };
  for (const typed of [username.toUpperCase(), `${username} `, username.replace("bob", "bób")]) {
    expect((await refusal(createUser({ ctx, input: { ...twin, username: typed } }))).key).toBe(
      "accounts.usernameTaken",
    );
  }
  await expect(createUser({ ctx, input: { ...twin, username: `${username}\u200b` } })).rejects.toThrow();
});

test("the answer and its time do not tell whether a name exists", async () => {
  const bob = await person("student");
  const times: Record<"known" | "unknown", number[]> = { known: [], unknown: [] };
  let turn = 0;
  const wrong = async (kind: "known" | "unknown") => {
    // An address of its own each time, and the count taken back: this measures hashing, not waiting.
    const started = performance.now();
    const error = await refusal(
      enter(kind === "known" ? bob.username : `ghost${turn}`, {}, "wrong", `10.2.0.${turn++}`),
    );
    times[kind].push(performance.now() - started);
    await database().delete(signInFailures);
    return `${error.code} ${error.key} ${JSON.stringify(error.params)}`;
  };
  await wrong("unknown");
  times.unknown = [];
  const answers = new Set<string>();
  for (let round = 0; round < 40; round++) {
    answers.add(await wrong("known"));
    answers.add(await wrong("unknown"));
  }
  expect(answers).toEqual(new Set(["unauthenticated accounts.signInFailed {}"]));
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  // Without the decoy hash an unknown name answers ten times sooner; a busy machine moves both alike.
  const [known, unknown] = [median(times.known), median(times.unknown)];
  expect(Math.abs(known - unknown)).toBeLessThan(Math.max(8, 0.4 * Math.max(known, unknown)));
});

test("guessing is slowed, also a hundred at once, and nobody else at the address notices", async () => {
  const [bob, eve] = [await person("student"), await person("student")];
  const clock = fixedClock(systemClock.now());
  const guesses = await Promise.all(
    Array.from({ length: 30 }, (_, turn) =>
      refusal(enter(bob.username, { clock }, `wrong ${turn}`, "10.3.0.1")),
    ),
  );
  expect(guesses.filter(({ key }) => key === "accounts.signInFailed").length).toBeLessThanOrEqual(6);
  const blocked = await refusal(enter(bob.username, { clock }, password, "10.3.0.1"));
  expect(blocked.code).toBe("limit");
  expect(blocked.params.seconds).toBeGreaterThan(0);
  await enter(eve.username, { clock }, password, "10.3.0.1");
  // The right password from elsewhere opens at once: one address cannot lock a person out.
  await enter(bob.username, { clock }, password, "10.3.0.2");
  clock.advance(61_000);
  await enter(bob.username, { clock }, password, "10.3.0.1");
});

test("guessing from everywhere at once is slowed too, but not where the person has been before", async () => {
  const bob = await person("student");
  const clock = fixedClock(systemClock.now());
  await enter(bob.username, { clock }, password, "10.4.0.1");
  for (let turn = 0; turn < 22; turn++)
    await refusal(enter(bob.username, { clock }, "wrong", `10.4.1.${turn}`));
  const counted = async (result: string) =>
    (await metrics().signIns.get()).values.find(({ labels }) => labels.result === result)?.value ?? 0;
  const before = [await counted("throttled"), await counted("ok")];
  expect((await refusal(enter(bob.username, { clock }, password, "10.4.2.1"))).key).toBe(
    "accounts.tooManyTries",
  );
  await enter(bob.username, { clock }, password, "10.4.0.1");
  expect([await counted("throttled"), await counted("ok")]).toEqual(before.map((count) => count + 1));
});

test("tabs that ask at once about a session that nobody asked about before all hear that it is alive", async () => {
  const { actor } = await ctxFor((await person("student")).username);
  const asked = Array.from({ length: 3 }, () => sessionAlive(actor.sessionId));
  expect(await Promise.all(asked)).toEqual([true, true, true]);
});

test("a password change ends every other session at once, and is refused for weak or wrong ones", async () => {
  const bob = await person("student");
  const [here, there] = [await ctxFor(bob.username), await ctxFor(bob.username)];
  const closed: string[] = [];
  const stop = onSessionEnded((id) => closed.push(id));
  expect(await sessionAlive(there.actor.sessionId)).toBe(true);

  const wrong = await refusal(
    changePassword({ ctx: here.ctx, input: { current: "no", next: "lantern 88 quay" } }),
  );
  expect(wrong.fields).toEqual({ current: "accounts.password.wrong" });
  const weak = await refusal(
    changePassword({ ctx: here.ctx, input: { current: password, next: bob.username } }),
  );
  expect(weak.fields).toEqual({ next: "accounts.password.personal" });

  expect(
    await changePassword({ ctx: here.ctx, input: { current: password, next: "lantern 88 quay" } }),
  ).toEqual({ ended: 1 });
  stop();
  expect(closed).toEqual([there.actor.sessionId]);
  expect(await sessionAlive(there.actor.sessionId)).toBe(false);
  expect((await ctxOfCookieHeader(there.cookie)).actor.type).toBe("nobody");
  expect((await ctxOfCookieHeader(here.cookie)).actor.type).toBe("user");
  expect((await refusal(enter(bob.username))).key).toBe("accounts.signInFailed");
  await enter(bob.username, {}, "lantern 88 quay");
  const told = await database()
    .select()
    .from(changes)
    .where(eq(changes.topic, `user:${bob.id}`));
  expect(told.map(({ kind, data }) => [kind, data.sessionId])).toContainEqual([
    "session.ended",
    there.actor.sessionId,
  ]);
});

test("suspension ends every session at once; restored, the person signs in anew", async () => {
  const [bob, root] = [await person("teacher"), await person("superadmin")];
  const [bobs, admin] = [await ctxFor(bob.username), await ctxFor(root.username)];
  expect(await sessionAlive(bobs.actor.sessionId)).toBe(true);
  await suspendUser({ ctx: admin.ctx, input: { userId: bob.id } });
  expect(await sessionAlive(bobs.actor.sessionId)).toBe(false);
  expect((await ctxOfCookieHeader(bobs.cookie)).actor.type).toBe("nobody");
  expect((await refusal(enter(bob.username))).key).toBe("accounts.suspended");
  expect((await refusal(enter(bob.username, {}, "wrong"))).key).toBe("accounts.signInFailed");
  await restoreUser({ ctx: admin.ctx, input: { userId: bob.id } });
  expect((await ctxOfCookieHeader(bobs.cookie)).actor.type).toBe("nobody");
  await enter(bob.username);
  expect(await audited("user.suspended", bob.id)).toHaveLength(1);
  expect(await audited("user.restored", bob.id)).toHaveLength(1);
});

test("a suspended row alone is enough: nothing has to be told", async () => {
  const bob = await person("student");
  const { cookie } = await ctxFor(bob.username);
  await database().update(users).set({ status: "suspended" }).where(eq(users.id, bob.id));
  expect((await ctxOfCookieHeader(cookie)).actor.type).toBe("nobody");
});

test("a session ends after twelve idle hours, slides while used, and never outlives a week", async () => {
  const bob = await person("student");
  const clock = fixedClock(systemClock.now());
  const name = await enter(bob.username, { clock });
  const alive = async () => (await readSession(name, { clock })) !== undefined;
  for (let hour = 0; hour < 24; hour += 11) {
    clock.advance(11 * 3_600_000);
    expect(await alive()).toBe(true);
  }
  clock.advance(13 * 3_600_000);
  expect(await alive()).toBe(false);
  const second = await enter(bob.username, { clock });
  for (let hour = 0; hour < 7 * 24 - 11; hour += 11) {
    clock.advance(11 * 3_600_000);
    await readSession(second, { clock });
  }
  clock.advance(11 * 3_600_000);
  expect(await readSession(second, { clock })).toBeUndefined();
});

test("a session is read where nothing can be written, and slides as soon as it can", async () => {
  const bob = await person("student");
  const clock = fixedClock(systemClock.now());
  const name = await enter(bob.username, { clock });
  clock.advance(11 * 3_600_000);
  const readOnly = { isolationLevel: "repeatable read", accessMode: "read only" } as const;
  const read = await database().transaction(
    async (tx) => readSession(name, { db: tx as never, clock }),
    readOnly,
  );
  expect(read?.actor.id).toBe(bob.id);
  await readSession(name, { clock });
  clock.advance(11 * 3_600_000);
  expect(await readSession(name, { clock })).toBeDefined();
});

test("one's own sessions are listed and ended one by one, other people's are not", async () => {
  const [bob, eve] = [await person("student"), await person("student")];
  const [here, there, eves] = [
    await ctxFor(bob.username),
    await ctxFor(bob.username),
    await ctxFor(eve.username),
  ];
  expect((await ownSessions({ ctx: here.ctx })).map(({ id, current }) => [id, current]).toSorted()).toEqual(
    [
      [here.actor.sessionId, true],
      [there.actor.sessionId, false],
    ].toSorted(),
  );
  await endOwnSession({ ctx: here.ctx, input: { sessionId: there.actor.sessionId } });
  expect((await ctxOfCookieHeader(there.cookie)).actor.type).toBe("nobody");
  const stolen = endOwnSession({ ctx: here.ctx, input: { sessionId: eves.actor.sessionId } });
  expect((await refusal(stolen)).code).toBe("not_found");
});

test("a roster of 60 with doubles: each row has its outcome, and its password works once changed", async () => {
  const teacher = await person("teacher");
  const { ctx } = await ctxFor(teacher.username);
  const mark = newId().slice(-6).toLowerCase();
  const row = (n: number) => ({
    username: `s${mark}${String(n).padStart(3, "0")}`,
    number: `N${mark}${n}`,
    name: `学生 ${n}`,
    email: "",
  });
  const settled = await person("student", { username: row(1).username, name: "学生 1", number: `N${mark}1` });
  await person("student", { username: row(2).username, name: "别人" });
  await person("student", { number: `N${mark}3`, name: "占号" });
  const rows = Array.from({ length: 60 }, (_, index) => row(index + 1));
  rows[9] = { ...row(5) };
  rows[10] = { ...row(6), username: row(6).username.toUpperCase() };

  expect((await checkAccounts({ ctx, input: rows })).filter(({ verdict }) => verdict === "new")).toHaveLength(
    55,
  );
  const started = performance.now();
  const prepared = await prepareAccounts({ ctx, input: rows });
  const outcomes = await ctx.db.transaction((tx) => createAccounts({ ctx, tx, input: prepared }));
  expect(performance.now() - started).toBeLessThan(20_000);

  const count = (outcome: string) => outcomes.filter((each) => each.outcome === outcome).length;
  expect([count("created"), count("existing"), count("conflict")]).toEqual([55, 1, 4]);
  expect(outcomes[0]).toMatchObject({ outcome: "existing", userId: settled.id });
  expect(outcomes[1]).toMatchObject({ outcome: "conflict", reason: "nameDiffers" });
  expect(outcomes[2]).toMatchObject({ outcome: "conflict", reason: "numberTaken" });
  expect(outcomes[9]).toMatchObject({ outcome: "conflict", reason: "duplicateRow" });
  expect(outcomes[10]).toMatchObject({ outcome: "conflict", reason: "duplicateRow" });

  const last = outcomes[59];
  if (last?.outcome !== "created") throw new Error("the last row is new");
  const opened = await enter(last.username, {}, last.initialPassword);
  expect(opened.mustChangePassword).toBe(true);
  const cookie = `${sessionCookie().name}=${await writeToken(opened)}`;
  // Until it is changed, the one-time password opens nothing but that page.
  expect((await ctxOfCookieHeader(cookie)).actor.type).toBe("nobody");
  const live = await readSession(opened, { clock: systemClock });
  if (!live) throw new Error("signed in");
  expect(live.actor.roles).toEqual(["student"]);
  await changePassword({
    ctx: createCtx(live.actor),
    input: { current: last.initialPassword, next: "violet kettle 4" },
  });
  expect((await ctxOfCookieHeader(cookie)).actor.type).toBe("user");

  const again = await ctx.db.transaction(async (tx) =>
    createAccounts({ ctx, tx, input: await prepareAccounts({ ctx, input: rows.slice(11) }) }),
  );
  expect(again.every(({ outcome }) => outcome === "existing")).toBe(true);
  const log = JSON.stringify(await database().select().from(auditLog));
  for (const each of outcomes)
    if (each.outcome === "created") expect(log).not.toContain(each.initialPassword);
});

test("two imports of one roster at once make each student once", async () => {
  const teacher = await person("teacher");
  const { ctx } = await ctxFor(teacher.username);
  const mark = newId().slice(-6).toLowerCase();
  const rows = Array.from({ length: 12 }, (_, n) => ({
    username: `d${mark}${n}`,
    number: `D${mark}${n}`,
    name: `双 ${n}`,
  }));
  const prepared = await Promise.all([
    prepareAccounts({ ctx, input: rows }),
    prepareAccounts({ ctx, input: rows }),
  ]);
  const both = await Promise.all(
    prepared.map((input) => ctx.db.transaction((tx) => createAccounts({ ctx, tx, input }))),
  );
  const made = both.flat().filter(({ outcome }) => outcome === "created");
  expect(made).toHaveLength(12);
  expect(new Set(made.map(({ username }) => username)).size).toBe(12);
  expect(both.flat().filter(({ outcome }) => outcome === "existing")).toHaveLength(12);
});

test("an unused one-time password stops working after two weeks", async () => {
  const root = await person("superadmin");
  const { ctx } = await ctxFor(root.username);
  const bob = await person("student");
  const { initialPassword } = await resetPassword({ ctx, input: { userId: bob.id } });
  const clock = fixedClock(systemClock.now());
  clock.advance(15 * 24 * 3_600_000);
  expect((await refusal(enter(bob.username, { clock }, initialPassword))).key).toBe(
    "accounts.passwordExpired",
  );
});

test("students and teachers manage nobody; an admin manages neither admins nor who becomes one", async () => {
  const bob = await person("student");
  const other = await person("admin");
  for (const role of ["student", "assistant", "teacher"] as const) {
    const { ctx } = await ctxFor((await person(role)).username);
    const twin = { username: `x${newId().toLowerCase()}`, name: "x", roles: ["student" as const] };
    for (const work of [
      () => listUsers({ ctx, input: {} }),
      () => createUser({ ctx, input: twin }),
      () => updateUser({ ctx, input: { userId: bob.id, name: "x" } }),
      () => setRoles({ ctx, input: { userId: bob.id, roles: ["teacher"] } }),
      () => suspendUser({ ctx, input: { userId: bob.id } }),
      () => restoreUser({ ctx, input: { userId: bob.id } }),
      () => resetPassword({ ctx, input: { userId: bob.id } }),
    ]) {
      expect((await refusal(work())).code).toBe("forbidden");
    }
  }
  const { ctx } = await ctxFor((await person("admin")).username);
  for (const work of [
    () => setRoles({ ctx, input: { userId: bob.id, roles: ["superadmin"] } }),
    () => setRoles({ ctx, input: { userId: other.id, roles: ["student"] } }),
    () => suspendUser({ ctx, input: { userId: other.id } }),
    () => resetPassword({ ctx, input: { userId: other.id } }),
    () => updateUser({ ctx, input: { userId: other.id, name: "x" } }),
  ]) {
    expect((await refusal(work())).code).toBe("forbidden");
  }
  await updateUser({ ctx, input: { userId: bob.id, name: "新名", number: "9", email: "B@Uni.edu" } });
  const [row] = await database().select().from(users).where(eq(users.id, bob.id));
  expect(row).toMatchObject({ name: "新名", number: "9", email: "b@uni.edu" });
  const [entry] = await audited("user.updated", bob.id);
  expect(entry?.after).toEqual({ name: "新名", number: "9", email: "b@uni.edu" });
});

test("the last superadmin stays, also when two demote each other at once", async () => {
  const [ann, bob] = [await person("superadmin"), await person("superadmin")];
  const [anns, bobs] = [await ctxFor(ann.username), await ctxFor(bob.username)];
  const results = await Promise.allSettled([
    setRoles({ ctx: anns.ctx, input: { userId: bob.id, roles: ["teacher"] } }),
    setRoles({ ctx: bobs.ctx, input: { userId: ann.id, roles: ["teacher"] } }),
  ]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const left = await database().select().from(userRoles).where(eq(userRoles.role, "superadmin"));
  expect(left).toHaveLength(1);
  const keeper = left[0]?.userId === ann.id ? anns : bobs;
  const alone = setRoles({ ctx: keeper.ctx, input: { userId: left[0]?.userId ?? "", roles: ["teacher"] } });
  expect((await refusal(alone)).key).toBe("accounts.lastSuperadmin");
});

test("who loses a role is signed out", async () => {
  const [root, bob] = [await person("superadmin"), await person("teacher")];
  const [admin, bobs] = [await ctxFor(root.username), await ctxFor(bob.username)];
  await setRoles({ ctx: admin.ctx, input: { userId: bob.id, roles: ["teacher", "assistant"] } });
  expect((await ctxOfCookieHeader(bobs.cookie)).actor.type).toBe("user");
  await setRoles({ ctx: admin.ctx, input: { userId: bob.id, roles: ["student"] } });
  expect((await ctxOfCookieHeader(bobs.cookie)).actor.type).toBe("nobody");
});

test("people are listed by key, searched literally and filtered", async () => {
  const root = await person("superadmin");
  const { ctx } = await ctxFor(root.username);
  const mark = newId().slice(-6).toLowerCase();
  for (let n = 0; n < 7; n++)
    await person(n === 3 ? "teacher" : "student", {
      username: `z${mark}${n}`,
      name: n === 5 ? "100%_甲" : `乙 ${n}`,
    });
  const names: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await listUsers({ ctx, input: { search: `z${mark}`, limit: 3, after } });
    names.push(...page.rows.map(({ username }) => username));
    if (!page.next) break;
    after = page.next;
  }
  expect(names).toEqual(Array.from({ length: 7 }, (_, n) => `z${mark}${n}`));
  const teachers = await listUsers({ ctx, input: { search: `z${mark}`, role: "teacher" } });
  expect(teachers.rows.map(({ username, roles }) => [username, roles])).toEqual([[`z${mark}3`, ["teacher"]]]);
  expect(
    (await listUsers({ ctx, input: { search: "%_甲" } })).rows.some(({ name }) => name === "100%_甲"),
  ).toBe(true);
  expect((await listUsers({ ctx, input: { search: "' OR 1=1 --" } })).rows).toEqual([]);
  expect(JSON.stringify(await listUsers({ ctx, input: {} }))).not.toContain("argon2id");
});

test("the set-up token makes one administrator, once", async () => {
  await database().delete(settings);
  const token = await openSetUp({ ctx: nobodyCtx() });
  if (!token) throw new Error("nobody administers this");
  expect(await openSetUp({ ctx: nobodyCtx() })).toBe(token);
  expect(JSON.stringify(await database().select().from(settings))).not.toContain(token);
  expect(await isSetUpOpen({ ctx: nobodyCtx() })).toBe(true);

  const input = { token, username: `root${newId().slice(-6)}`, name: "管理员", password: "harbour 12 finch" };
  const guess = await refusal(completeSetUp({ ctx: nobodyCtx(), input: { ...input, token: "guess" } }));
  expect(guess.fields).toEqual({ token: "accounts.field.token" });
  const weak = await refusal(completeSetUp({ ctx: nobodyCtx(), input: { ...input, password: "12345678" } }));
  expect(weak.fields).toEqual({ password: "accounts.password.common" });

  const two = await Promise.allSettled([
    completeSetUp({ ctx: nobodyCtx(), input }),
    completeSetUp({ ctx: nobodyCtx(), input: { ...input, username: `${input.username}2` } }),
  ]);
  expect(two.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await isSetUpOpen({ ctx: nobodyCtx() })).toBe(false);
  expect(await openSetUp({ ctx: nobodyCtx() })).toBeUndefined();
  expect((await refusal(completeSetUp({ ctx: nobodyCtx(), input }))).key).toBe("accounts.setUpDone");
});

test("demo accounts: made on loopback, closed elsewhere, opened again; a lost file means new passwords", async () => {
  const ctx = nobodyCtx();
  await database().delete(settings);
  await ensureFirstRun({ ctx, loopback: true });
  const file = join(home, "run", `accounts.${env().DEPLOY_ID}`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const read = () =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
  const lines = read();
  expect(lines.map(([role]) => role)).toEqual(["superadmin", "teacher", "student", "student", "student"]);
  const [, , [, student = "", secret = ""] = []] = lines;
  const opened = await enter(student, {}, secret);

  await ensureFirstRun({ ctx, loopback: true });
  expect(read()).toEqual(lines);

  await ensureFirstRun({ ctx, loopback: false });
  expect(await sessionAlive(opened.sessionId)).toBe(false);
  expect((await refusal(enter(student, {}, secret))).key).toBe("accounts.suspended");
  expect(await isSetUpOpen({ ctx })).toBe(true);

  await ensureFirstRun({ ctx, loopback: true });
  await enter(student, {}, secret);
  rmSync(file);
  await ensureFirstRun({ ctx, loopback: true });
  expect((await refusal(enter(student, {}, secret))).key).toBe("accounts.signInFailed");
  const fresh = read().find(([, username]) => username === student)?.[2] ?? "";
  await enter(student, {}, fresh);
});

test("a real administrator is left alone: no demo accounts beside them", async () => {
  await database().delete(users).where(eq(users.demo, true));
  await person("superadmin");
  await ensureFirstRun({ ctx: nobodyCtx(), loopback: true });
  expect(await database().select().from(users).where(eq(users.demo, true))).toEqual([]);
  expect(await database().select().from(sessions).limit(1)).toHaveLength(1);
});
