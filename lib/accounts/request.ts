import { cache } from "react";
import { systemClock } from "@/lib/platform/clock";
import { type Ctx, createCtx, nobody, type UserActor } from "@/lib/platform/context";
import { forbidden, toAppError } from "@/lib/platform/errors";
import { pathHeader } from "@/lib/platform/own-origin";
import type { Permission } from "@/lib/platform/permissions";
import { safeReturnPath } from "./return-path";
import { type LiveSession, readSession } from "./session";
import { readToken, sessionCookie, tokenOfCookieHeader } from "./session-token";

// next/* is imported where it is used: server.ts loads this file too, outside Next.

/** A context whose actor is a signed-in person. */
export type UserCtx = Ctx & { actor: UserActor };

async function sessionOf(token: string | undefined): Promise<LiveSession | undefined> {
  const name = await readToken(token);
  return name ? readSession(name, { clock: systemClock }) : undefined;
}

/** Who must still choose a password is nobody everywhere but on the page where they do. */
function actorOf(session: LiveSession | undefined) {
  return session && !session.mustChangePassword ? session.actor : nobody;
}

// Once per render: a layout, a page and its parts ask for the same person.
const pageSession = cache(async (): Promise<LiveSession | undefined> => {
  const { cookies } = await import("next/headers");
  const all = (await cookies()).getAll(sessionCookie().name);
  return all.length === 1 ? sessionOf(all[0]?.value) : undefined;
});

/** The context of this page or server action; its actor may be nobody. */
export async function currentCtx(): Promise<Ctx> {
  return createCtx(actorOf(await pageSession()));
}

/** As {@link currentCtx}, but someone who must change the password counts: for that change alone. */
export async function passwordChangeCtx(): Promise<Ctx> {
  return createCtx((await pageSession())?.actor ?? nobody);
}

/** As {@link currentCtx}, and says so when the password has to be changed first. */
export async function actionCtx(): Promise<Ctx> {
  const session = await pageSession();
  if (session?.mustChangePassword) throw forbidden("accounts.mustChangePassword");
  return createCtx(session?.actor ?? nobody);
}

/**
 * The signed-in person of a page. Nobody goes to sign-in and comes back afterwards; who has a
 * one-time password goes to change it; who lacks the permission sees "not found".
 */
export async function pageUser(
  options: { permission?: Permission; passwordPage?: boolean } = {},
): Promise<UserCtx> {
  const { redirect, notFound } = await import("next/navigation");
  const session = await pageSession();
  if (!session) {
    const { headers } = await import("next/headers");
    const back = safeReturnPath((await headers()).get(pathHeader));
    return redirect(back === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(back)}`);
  }
  if (session.mustChangePassword && !options.passwordPage) redirect("/account/password");
  const { actor } = session;
  if (options.permission && !actor.permissions.has(options.permission)) notFound();
  return { ...createCtx(actor), actor };
}

/** Whether the person of this page still has a one-time password. */
export const mustChangePassword = async (): Promise<boolean> =>
  (await pageSession())?.mustChangePassword ?? false;

/** The context of a route handler's request; its actor may be nobody. */
export async function requestCtx(request: Request): Promise<Ctx> {
  return ctxOfCookieHeader(request.headers.get("cookie") ?? undefined);
}

/** The context behind a raw `Cookie` header, for upgrades in server.ts. Throws only if the database is away. */
export async function ctxOfCookieHeader(cookie: string | undefined): Promise<Ctx> {
  const session = await sessionOf(tokenOfCookieHeader(cookie)).catch((error: unknown) => {
    throw toAppError(error);
  });
  return createCtx(actorOf(session));
}

/** As {@link requestCtx}, and says so when the password has to be changed first. */
export async function strictRequestCtx(request: Request): Promise<Ctx> {
  const session = await sessionOf(tokenOfCookieHeader(request.headers.get("cookie")));
  if (session?.mustChangePassword) throw forbidden("accounts.mustChangePassword");
  return createCtx(session?.actor ?? nobody);
}
