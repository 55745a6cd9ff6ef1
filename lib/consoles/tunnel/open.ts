import { z } from "zod";
import { log } from "@/lib/platform/log";
import type { Guacd } from "@/lib/workspaces/drivers";
import type { Grant } from "../grants";
import {
  agentOf,
  type Connection,
  type Desktop,
  type DesktopSource,
  desktopOf,
  dropKept,
  forget,
  keep,
} from "./desktops";
import { enterGuacd, GoneError, type GuacdUser, type Screen } from "./guacd";
import { decode, opcodeAt } from "./instruction";
import { patience } from "./patience";
import { recordDesktop } from "./record";
import { status, statusOf, TunnelError } from "./status";
import { type Browser, Tunnel } from "./tunnel";

const size = (least: number, most: number, otherwise: number) =>
  z.coerce.number().int().min(least).max(most).catch(otherwise);
const types = (pattern: RegExp, otherwise: string[]) =>
  z.array(z.string().max(60).regex(pattern)).max(16).catch(otherwise);

const screenInput = z.object({
  width: size(200, 8192, 1024),
  height: size(200, 8192, 768),
  dpi: size(48, 480, 96),
  audio: types(/^audio\/[\w;=.,+-]+$/, []),
  image: types(/^image\/[\w+-]+$/, ["image/png", "image/jpeg"]),
  timezone: z
    .string()
    .regex(/^[A-Za-z_]+(\/[\w+-]+){0,2}$/)
    .max(60)
    .catch("Asia/Shanghai"),
});

/** What a browser says of itself when it connects: `width height dpi audio… image… timezone`. */
export const screenOf = (query: URLSearchParams): Screen =>
  screenInput.parse({
    width: query.get("width"),
    height: query.get("height"),
    dpi: query.get("dpi"),
    audio: query.getAll("audio"),
    image: query.getAll("image"),
    timezone: query.get("timezone"),
  });

export type Opening = {
  grant: Grant;
  screen: Screen;
  browser: Browser;
  source: DesktopSource;
  onActivity: (workspaceId: string) => void;
};

/** The grant's word for why something ends, as the browser's status. */
const reasons: Record<string, number> = {
  revoked: status.sessionClosed,
  paused: status.upstreamUnavailable,
  restarting: status.serverBusy,
  moved: status.serverBusy,
  unverified: status.serverBusy,
};

/** Of one desktop: its owner's tabs and who watches. Each is a user at guacd, and some of its memory. */
const mostTunnels = 24;

/**
 * Opens a desktop for a browser under a grant: joins the connection that is open or kept, or makes one. The
 * tunnel is there at once and answers pings; the promise settles when guacd has let it in, or it has ended.
 */
export function openTunnel(opening: Opening): { tunnel: Tunnel; opened: Promise<void> } {
  const { grant, browser } = opening;
  const { workspaceId, userId, mode, owner } = grant;
  const desktop = desktopOf(workspaceId, opening.source);
  let guacd: Guacd | null = null;
  let connection: Connection | null = null;
  const held = {
    close: (_code: number, reason: string) => tunnel.end(reasons[reason] ?? status.sessionClosed),
  };
  const tunnel: Tunnel = new Tunnel({
    mode,
    owner,
    browser,
    onAct: (instruction) => {
      opening.onActivity(workspaceId);
      tellRecorder(desktop, instruction);
    },
    onReady: () => {
      connection?.drawn.resolve();
      if (!owner || mode !== "use") return;
      dropKept(desktop);
      if (guacd) keepRecorder(desktop, guacd);
    },
    onLeft: () => keep(desktop, tunnel),
    onClosed: (_tunnel, why) => {
      grant.open.delete(held);
      connection?.drawn.resolve();
      // guacd is gone, and not only somebody's browser: what is recorded ends before its time.
      if (desktop.tunnels.size === 1 && lost.has(why)) desktop.recorder?.stop("cut");
      if (why === status.upstreamTimeout) giveUp(desktop, connection);
      forget(desktop, tunnel);
      log().info({ workspaceId, userId, mode, status: why }, "a desktop was closed");
    },
  });
  grant.open.add(held);
  desktop.tunnels.add(tunnel);
  const opened = (async () => {
    try {
      if (desktop.tunnels.size > mostTunnels) throw new TunnelError(status.tooMany, "too many are open");
      const target = await desktop.source.target(workspaceId);
      desktop.hasDrive = target.parameters["enable-drive"] === "true";
      const line = owner && mode === "use" ? agentOf(desktop) : null;
      // One that is only slow, on a busy host, still comes; what it carries waits for it.
      const lined = line !== null && (await Promise.race([line, afterPatience()])) !== null;
      const user = await inTurn(desktop, () => enter(desktop, opening, target, lined));
      connection = desktop.connection;
      if (tunnel.state === "closed") {
        connection?.drawn.resolve();
        return leave(user);
      }
      const { protocol } = target;
      guacd = target.guacd;
      tunnel.start(user, protocol, lined ? line : null);
      // A join comes to a desktop of another window's size; over RDP guacd does not see to that.
      if (owner && mode === "use" && (lined || protocol === "rdp")) tunnel.fit(opening.screen);
    } catch (error) {
      const known = error instanceof Error && error.name === "TunnelError";
      if (tunnel.state !== "closed") log().warn({ err: error, workspaceId }, "a desktop could not be opened");
      tunnel.end(known ? statusOf(error) : status.upstreamUnavailable);
    }
  })();
  return { tunnel, opened };
}

const afterPatience = () =>
  new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patience.agent).unref());

const lost = new Set<number>([status.upstreamError, status.upstreamTimeout]);

/** A connection that hangs: who comes back has another, and does not wait until the last of the others gave it up too. */
function giveUp(desktop: Desktop, connection: Connection | null): void {
  if (desktop.connection === connection) desktop.connection = null;
}

/** One recorder a connection, from the first picture that its owner has of it. */
function keepRecorder(desktop: Desktop, guacd: Guacd): void {
  const { connection, recorder } = desktop;
  if (!connection || recorder?.connectionId === connection.id) return;
  recorder?.stop();
  desktop.recorder = recordDesktop(desktop.workspaceId, connection.id, guacd);
}

function tellRecorder({ recorder }: Desktop, instruction: Buffer): void {
  if (!recorder || opcodeAt(instruction, 0) !== "key") return;
  const [, keysym = "", pressed = ""] = decode(instruction);
  recorder.key(keysym, pressed);
}

/** The browser left while guacd let it in. */
function leave({ socket }: GuacdUser): void {
  socket.on("error", () => undefined);
  socket.end("10.disconnect;");
  setTimeout(() => socket.destroy(), 1_000).unref();
}

async function inTurn<T>(desktop: Desktop, work: () => Promise<T>): Promise<T> {
  const before = desktop.opening;
  const mine = before.then(work, work);
  desktop.opening = mine.catch(() => undefined);
  return mine;
}

type Target = Awaited<ReturnType<DesktopSource["target"]>>;

async function enter(
  desktop: Desktop,
  { grant, screen }: Opening,
  target: Target,
  agent: boolean,
): Promise<GuacdUser> {
  const { guacd, protocol, host, port } = target;
  const at = `${guacd.host}:${guacd.port}`;
  const readOnly = grant.mode !== "use";
  const parameters: Record<string, string> = { ...target.parameters, hostname: host, port: String(port) };
  // The agent carries texts exactly; and a student's desktop never meets a teacher's clipboard.
  if (agent || !grant.owner) Object.assign(parameters, { "disable-copy": "true", "disable-paste": "true" });
  // Where the desktop itself draws larger, guacd must not take the pixels for inches, and ask for fewer.
  const asked = {
    guacd,
    parameters,
    readOnly,
    screen: agent ? { ...screen, dpi: 96 } : screen,
    name: grant.userId,
  };
  const known = desktop.connection;
  if (known?.at === at) {
    try {
      await known.drawn.promise;
      return await enterGuacd({ ...asked, select: known.id });
    } catch (error) {
      if (error instanceof GoneError || statusOf(error) === status.upstreamTimeout) giveUp(desktop, known);
      if (!(error instanceof GoneError)) throw error;
    }
  }
  const user = await enterGuacd({ ...asked, select: protocol });
  if (!user.connectionId) throw new TunnelError(status.upstreamError, "guacd did not name the connection");
  desktop.connection = { id: user.connectionId, at, drawn: Promise.withResolvers() };
  return user;
}
