import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { roles, userRoles } from "@/db/schema/accounts";
import { watches } from "@/db/schema/consoles";
import { tickets } from "@/db/schema/workspaces";
import { listenAt, makePerson, makeWorkspace, type Person, type Place } from "@/e2e/upstream/world";
import { createCtx, type UserActor } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import { defaultRoles } from "@/lib/platform/permissions";
import { issueTicket, openCount, revokePerson, revokeSession, revokeWorkspace, silenceWorkspaces } from ".";
import { type Grant, recheckGrants } from "./grants";
import { redeemConsoleTicket } from "./redeem-ticket";
import type { ConsoleKind, ConsoleMode } from "./rights";

const system = { db: database(), clock: { now: () => new Date() } };
let student: Person;
let classmate: Person;
let teacher: UserActor;
let place: Place;

beforeAll(async () => {
  listenAt(3000);
  [student, classmate] = [await makePerson(), await makePerson()];
  const { actor } = await makePerson();
  teacher = { ...actor, permissions: new Set(["course.any"]) };
  await database()
    .insert(roles)
    .ignore()
    .values({ name: "superadmin", permissions: [...defaultRoles.superadmin] });
  await database().insert(userRoles).values({ userId: actor.id, role: "superadmin" });
  place = await makeWorkspace(student.actor.id, "127.0.0.1:1", "secret");
});
afterAll(() => closeDatabase());

const issue = async (actor: UserActor, kind: ConsoleKind = "desktop", mode: ConsoleMode = "use") =>
  (await issueTicket({ ctx: createCtx(actor), input: { workspaceId: place.id, kind, mode } })).ticket;
const redeem = (
  actor: UserActor,
  ticket: string,
  kind: "desktop" | "terminal" = "desktop",
  mode: ConsoleMode = "use",
  workspaceId = place.id,
) => redeemConsoleTicket({ ctx: createCtx(actor), input: { ticket, kind, workspaceId, mode } });
const why = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => toAppError(error).key,
  );

/** Something open under a grant, and what it was closed with. */
function hold(grant: Grant): { closed: string | null } {
  const held: { closed: string | null } = { closed: null };
  grant.open.add({
    close: (_code, reason) => {
      held.closed = reason;
    },
  });
  return held;
}

async function watch(state: "watching" | "controlling"): Promise<string> {
  const id = newId();
  const now = new Date();
  await database().insert(watches).values({
    id,
    workspaceId: place.id,
    watcherId: teacher.id,
    state,
    startedAt: now,
    seenAt: now,
    stateAt: now,
  });
  return id;
}

describe("the ticket of a desktop or terminal", () => {
  test("opens once", async () => {
    const ticket = await issue(student.actor);
    const grant = await redeem(student.actor, ticket);
    expect(grant).toMatchObject({ workspaceId: place.id, kind: "desktop", mode: "use" });
    expect(await why(redeem(student.actor, ticket))).toBe("consoles.ticketRefused");
  });

  test("opens nothing for others, in another session, of another kind or place, in another mode, or late", async () => {
    const refused = "consoles.ticketRefused";
    const ticket = await issue(student.actor);
    expect(await why(redeem(classmate.actor, ticket))).toBe(refused);
    expect(await why(redeem({ ...student.actor, sessionId: newId() }, ticket))).toBe(refused);
    expect(await why(redeem(student.actor, ticket, "terminal"))).toBe(refused);
    expect(await why(redeem(student.actor, ticket, "desktop", "watch"))).toBe(refused);
    expect(await why(redeem(student.actor, ticket, "desktop", "use", newId()))).toBe(refused);
    expect(await why(redeem(student.actor, await issue(student.actor, "web")))).toBe(refused);
    await database().update(tickets).set({ expiresAt: new Date() }).where(eq(tickets.workspaceId, place.id));
    expect(await why(redeem(student.actor, ticket))).toBe(refused);
    expect(await why(redeem(student.actor, "x"))).toBe(refused);
  });

  test("is made for its student, and for staff only while they watch, to use only while they are let", async () => {
    expect(await why(issue(classmate.actor))).toBe("notFound.workspace");
    expect(await why(issue(student.actor, "desktop", "watch"))).toBe("notFound.workspace");
    expect(await why(issue(teacher, "desktop", "watch"))).toBe("consoles.notWatching");
    const id = await watch("watching");
    expect(await why(issue(teacher, "web", "watch"))).not.toBe("done");
    expect(await why(issue(teacher))).toBe("notFound.workspace");
    const looking = hold(await redeem(teacher, await issue(teacher, "desktop", "watch"), "desktop", "watch"));
    await database().update(watches).set({ state: "controlling" }).where(eq(watches.id, id));
    const controlling = hold(await redeem(teacher, await issue(teacher, "terminal"), "terminal"));
    await recheckGrants(system);
    expect([looking.closed, controlling.closed]).toEqual([null, null]);

    await database().update(watches).set({ state: "watching" }).where(eq(watches.id, id));
    await recheckGrants(system);
    expect([looking.closed, controlling.closed], "the controls were taken back").toEqual([null, "revoked"]);
    await database()
      .update(watches)
      .set({ seenAt: new Date(0) })
      .where(eq(watches.id, id));
    await recheckGrants(system);
    expect(looking.closed).toBe("revoked");
    expect(await why(issue(teacher, "desktop", "watch")), "silent for long").toBe("consoles.notWatching");

    await database().update(watches).set({ seenAt: new Date() }).where(eq(watches.id, id));
    const open = async () =>
      hold(await redeem(teacher, await issue(teacher, "desktop", "watch"), "desktop", "watch"));
    const ended = await open();
    revokePerson(place.id, teacher.id);
    expect(ended.closed).toBe("revoked");
    const dismissed = await open();
    await database().delete(userRoles).where(eq(userRoles.userId, teacher.id));
    await recheckGrants(system);
    expect(dismissed.closed, "no longer staff").toBe("revoked");
    await database().update(watches).set({ state: "ended" }).where(eq(watches.id, id));
    expect(await why(issue(teacher, "desktop", "watch"))).toBe("consoles.notWatching");
  });

  test("leaves a grant that sign-out, pause and stop close", async () => {
    const open = async () => hold(await redeem(student.actor, await issue(student.actor)));
    const paused = await open();
    silenceWorkspaces([place.id]);
    expect(paused.closed).toBe("paused");
    const stopped = await open();
    revokeWorkspace(place.id);
    expect(stopped.closed).toBe("revoked");
    const signedOut = await open();
    revokeSession(student.actor.sessionId);
    expect(signedOut.closed).toBe("revoked");
    expect(openCount()).toBe(0);
  });
});
