import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { database } from "@/db/client";
import { roles, sessions, userRoles, users } from "@/db/schema/accounts";
import { workspaces } from "@/db/schema/workspaces";
import { sessionCookie, writeToken } from "@/lib/accounts/session-token";
import type { UserActor } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { newId, randomLabel } from "@/lib/platform/ids";
import { originOf } from "@/lib/platform/origins";
import { defaultRoles, type Role } from "@/lib/platform/permissions";

/** People and ready workspaces as rows, for tests of the way in; what runs behind them is the test's matter. */
export type Person = { actor: UserActor };
export type Place = { id: string; label: string; origin: string; host: string };

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Before anything reads the settings: this process listens there, and browsers know it by `localhost`. */
export function listenAt(port: number): string {
  const app = `http://localhost:${port}`;
  Object.assign(process.env, { LISTEN: `127.0.0.1:${port}`, PUBLIC_URL: app, LOG_LEVEL: "fatal" });
  return app;
}

export async function makePerson(role: Role = "student"): Promise<Person> {
  const [id, sessionId] = [newId(), newId()];
  const now = new Date();
  const db = database();
  await db
    .insert(roles)
    .ignore()
    .values({ name: role, permissions: [...defaultRoles[role]] });
  await db
    .insert(users)
    .values({ id, username: id.toLowerCase(), name: "学生", createdAt: now, updatedAt: now });
  await db.insert(userRoles).values({ userId: id, role });
  const expiresAt = new Date(now.getTime() + 3600_000);
  await db.insert(sessions).values({ id: sessionId, userId: id, createdAt: now, seenAt: now, expiresAt });
  const permissions = new Set(defaultRoles[role]);
  return { actor: { type: "user", id, name: "学生", roles: [role], permissions, sessionId } };
}

export async function makeWorkspace(userId: string, address: string, secret: string): Promise<Place> {
  const [id, label] = [newId(), randomLabel()];
  const now = new Date();
  await database()
    .insert(workspaces)
    .values({
      id,
      purpose: "attempt",
      attemptId: newId(),
      userId,
      templateVersionId: newId(),
      label,
      desired: "running",
      state: "ready",
      address,
      secret: seal(secret),
      memoryMb: 512,
      requestedAt: now,
      stateAt: now,
    });
  return { id, label, origin: originOf(label), host: new URL(originOf(label)).host };
}

/** The session cookie of a person, as a browser sends it. */
export const cookieOf = async ({ id, sessionId }: UserActor): Promise<string> =>
  `${sessionCookie().name}=${await writeToken({ userId: id, sessionId })}`;
