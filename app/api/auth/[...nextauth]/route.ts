import type { NextRequest } from "next/server";
import NextAuth, { type AuthOptions } from "next-auth";
import Credentials from "next-auth/providers/credentials";
import { apiRoute, clientAddress, type SignedIn, sessionTokens, signIn } from "@/lib/accounts";
import { type Ctx, createCtx, nobody } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { AppError, conflict, notFound } from "@/lib/platform/errors";
import { defaultLocale, localeCookie } from "@/lib/platform/i18n/locale";
import { log } from "@/lib/platform/log";

type Params = { nextauth: string[] };
type Outcome = { signedIn?: SignedIn; error?: unknown };

const cookie = (name: string) => {
  const { name: session, options } = sessionTokens.cookie();
  return { name: `${session.startsWith("__Host-") ? "__Host-Http-" : ""}labyard-${name}`, options };
};

/** next-auth with credentials knows only JWT sessions; ours merely names the session row that `signIn` made. */
const optionsOf = (ctx: Ctx, request: Request, outcome: Outcome): AuthOptions => ({
  secret: sessionTokens.secret(),
  useSecureCookies: sessionTokens.cookie().options.secure,
  session: { strategy: "jwt", maxAge: sessionTokens.longestMs / 1000 },
  cookies: {
    sessionToken: sessionTokens.cookie(),
    csrfToken: cookie("csrf"),
    callbackUrl: cookie("callback"),
  },
  pages: { signIn: "/sign-in", error: "/sign-in" },
  providers: [
    Credentials({
      credentials: { username: {}, password: {} },
      async authorize(credentials) {
        try {
          const from = {
            address: clientAddress(request.headers),
            userAgent: request.headers.get("user-agent") ?? "",
          };
          const input = { username: credentials?.username ?? "", password: credentials?.password ?? "" };
          outcome.signedIn = await signIn({ ctx, input, from });
          return { id: outcome.signedIn.userId };
        } catch (error) {
          outcome.error = error;
          return null;
        }
      },
    }),
  ],
  callbacks: {
    jwt: ({ token }) =>
      outcome.signedIn ? sessionTokens.claims(outcome.signedIn.userId, outcome.signedIn.sessionId) : token,
    redirect: () => env().PUBLIC_URL,
  },
  logger: {
    error: (code, metadata) => log().error({ code, metadata }, "next-auth"),
    warn: () => undefined,
    debug: () => undefined,
  },
});

// Signing in replaces whoever was there: an old or half-open session must not stand in the way.
const asNobody = async () => createCtx(nobody);

/** Only what the sign-in form needs: the CSRF token. Pages ask the session row, never next-auth. */
export const GET = apiRoute<Params>(async ({ ctx, request, params }) => {
  if (params.nextauth.join("/") !== "csrf") throw notFound("page");
  return run(ctx, request, params, {});
}, asNobody);

export const POST = apiRoute<Params>(async ({ ctx, request, params }) => {
  if (params.nextauth.join("/") !== "callback/credentials") throw notFound("page");
  const outcome: Outcome = {};
  const response = await run(ctx, request, params, outcome);
  if (outcome.error) throw outcome.error;
  // The CSRF token was missing or old: next-auth did not even ask for the person.
  if (!outcome.signedIn) throw conflict("accounts.reload");
  const headers = new Headers();
  for (const line of response.headers.getSetCookie()) headers.append("set-cookie", line);
  const { mustChangePassword, locale } = outcome.signedIn;
  // A language chosen on another computer, unless one was chosen here.
  if (locale !== defaultLocale && !request.headers.get("cookie")?.includes(`${localeCookie}=`)) {
    headers.append("set-cookie", `${localeCookie}=${locale}; Path=/; Max-Age=31536000; SameSite=Lax`);
  }
  return Response.json({ mustChangePassword }, { headers });
}, asNobody);

async function run(ctx: Ctx, request: Request, params: Params, outcome: Outcome): Promise<Response> {
  const response: unknown = await NextAuth(
    request as NextRequest,
    { params: Promise.resolve(params) },
    optionsOf(ctx, request, outcome),
  );
  if (!(response instanceof Response)) throw new AppError("internal", "internal");
  return response;
}
