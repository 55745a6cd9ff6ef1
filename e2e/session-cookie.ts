import { encode } from "next-auth/jwt";
import { database } from "@/db/client";
import { sessions } from "@/db/schema";
import { sessionTokens } from "@/lib/accounts";
import type { UserActor } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";

/** The cookie of a new session of the person, as a browser keeps it. */
export async function sessionCookieOf(actor: UserActor, seconds = 3_600) {
  const id = newId();
  const now = Date.now();
  await database()
    .insert(sessions)
    .values({
      id,
      userId: actor.id,
      createdAt: new Date(now),
      seenAt: new Date(now),
      expiresAt: new Date(now + seconds * 1_000),
    });
  const value = await encode({
    token: sessionTokens.claims(actor.id, id),
    secret: sessionTokens.secret(),
    maxAge: seconds,
  });
  const { name } = sessionTokens.cookie();
  return {
    name,
    value,
    domain: "localhost",
    path: "/",
    httpOnly: true,
    secure: true,
    sameSite: "Strict" as const,
  };
}
