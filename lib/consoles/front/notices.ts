import type { IncomingMessage, ServerResponse } from "node:http";
import { eq } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { type Warning, workspaceWarning } from "@/lib/attempts";
import { subscribe } from "@/lib/changes";
import { chooseLocale, type Locale } from "@/lib/platform/i18n/locale";
import { log } from "@/lib/platform/log";
import type { Grant, Opened } from "../grants";
import { answerPlain, common, sentence } from "./pages";
import type { Inside } from "./workspace-request";

/** One thing to say inside a workspace. `{at}` in the text is for the page to fill with the time of its place. */
type Said = {
  /** The same key is the same notification: it is shown once. */
  key: string;
  text: string;
  at: string;
  tone: "info" | "warning" | "error";
  button: string;
};
type Notices = { deadline: (Said & { url: string }) | null; idle: Said | null };

const tones: Record<number, Said["tone"]> = { 15: "info", 5: "warning", 1: "error" };
const heartbeatMs = 20_000;

/**
 * `GET /__lab/notices` at a workspace's origin: a stream of what its owner has to be told, for the script inside
 * JupyterLab. Ready sentences and nothing else: what runs in that origin may read it.
 */
export async function streamNotices(
  req: IncomingMessage,
  res: ServerResponse,
  grant: Grant,
  inside: Inside,
): Promise<void> {
  const db = inside.db();
  const [person] = await db.select({ locale: users.locale }).from(users).where(eq(users.id, grant.userId));
  const locale = chooseLocale(person?.locale ?? undefined, req.headers["accept-language"] ?? null);
  if (res.destroyed) return;

  let last = "";
  const look = async (): Promise<void> => {
    const { userId, workspaceId } = grant;
    const warning = await workspaceWarning({ db, clock: inside.clock }, { userId, workspaceId });
    const said = saidOf(warning, locale, inside);
    const key = `${said.deadline?.key} ${said.idle?.key}`;
    if (key === last || res.destroyed) return;
    last = key;
    res.write(`event: notices\ndata: ${JSON.stringify(said)}\n\n`);
  };
  // Changes that come while one look is under way are one more look together.
  let looks = Promise.resolve();
  let planned = false;
  const changed = () => {
    if (planned) return;
    planned = true;
    looks = looks
      .then(() => {
        planned = false;
        return look();
      })
      .catch((error: unknown) => {
        log().warn({ err: error, workspaceId: grant.workspaceId }, "notices cannot be read");
        res.destroy();
      });
  };

  const opened: Opened = { close: () => res.end() };
  const leave = subscribe(
    { db, clock: inside.clock, log: log() },
    {
      topics: new Set([`workspace:${grant.workspaceId}`]),
      owner: `grant:${grant.hash}`,
      tell: changed,
      close: () => res.end(),
    },
  );
  if (!leave) return answerPlain(req, res, 429, sentence(req, "refused"));
  grant.open.add(opened);
  const beat = setInterval(() => res.write(":\n\n"), heartbeatMs);
  res.on("close", () => {
    clearInterval(beat);
    grant.open.delete(opened);
    leave();
  });
  res.writeHead(200, {
    ...common,
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
  });
  res.write("retry: 3000\n\n");
  changed();
}

function saidOf(warning: Warning | null, locale: Locale, { at: { app }, clock }: Inside): Notices {
  const say = (path: string, params: Record<string, string> = {}) =>
    sentence(locale, `notices.${path}`, params);
  const deadline = warning?.deadline;
  const idle = warning?.idle;
  // As the countdown on the page counts, with room for the way of a warning given at its mark.
  const left = deadline
    ? Math.max(1, Math.floor((deadline.at.getTime() - clock.now().getTime() + 5_000) / 60_000))
    : 0;
  return {
    deadline: deadline
      ? {
          key: `${deadline.at.toISOString()} ${deadline.minutes}`,
          text: say(left === 1 ? "lastMinute" : "deadline", { minutes: String(left) }),
          at: deadline.at.toISOString(),
          tone: tones[deadline.minutes] ?? "warning",
          button: say(deadline.extensionsLeft > 0 ? "extend" : "page"),
          url: `${app}/workspaces/${warning.workspaceId}`,
        }
      : null,
    idle: idle
      ? {
          key: idle.at.toISOString(),
          text: say("idle", { quiet: String(idle.minutes) }),
          at: idle.at.toISOString(),
          tone: "warning",
          button: say("here"),
        }
      : null,
  };
}
