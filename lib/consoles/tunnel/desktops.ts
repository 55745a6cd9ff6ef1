import { systemCtx } from "@/lib/platform/context";
import { log } from "@/lib/platform/log";
import { type DesktopTarget, desktopTarget, openAgent } from "@/lib/workspaces";
import type { Agent } from "@/lib/workspaces/drivers";
import { patience } from "./patience";
import type { DesktopRecorder } from "./record";
import type { Tunnel } from "./tunnel";

/** What the gateway has to know of a workspace; another one stands in for tests and benches. */
export type DesktopSource = {
  target(workspaceId: string): Promise<DesktopTarget>;
  /** The line into the desktop; rejects where there is none. */
  agent(workspaceId: string): Promise<Agent>;
};

export const workspaceDesktops: DesktopSource = {
  target: (workspaceId) => desktopTarget({ ctx: systemCtx("desktop"), input: { workspaceId } }),
  agent: (workspaceId) => openAgent({ ctx: systemCtx("desktop"), input: { workspaceId } }),
};

/** guacd's name for a connection, while anybody of ours is in it, and where that guacd is. */
export type Connection = {
  id: string;
  at: string;
  /** Who first came has a picture, or has left; before, guacd 1.3 dies of whoever joins. */
  drawn: PromiseWithResolvers<void>;
};

/** One desktop that somebody has open, or had open until a moment ago. */
export type Desktop = {
  workspaceId: string;
  source: DesktopSource;
  connection: Connection | null;
  tunnels: Set<Tunnel>;
  /** The owner's, after their browser left. */
  kept: { tunnel: Tunnel; timer: NodeJS.Timeout | undefined } | null;
  /** Programs inside save on a drive that is there only while the connection is: it is kept without an end. */
  hasDrive: boolean;
  agent: Promise<Agent | null> | null;
  recorder: DesktopRecorder | null;
  /** One at a time: of two that come at once, the second joins the first. */
  opening: Promise<unknown>;
};

type Memory = { desktops: Map<string, Desktop>; timer: NodeJS.Timeout | null };

// On globalThis: the WebSocket is in server.ts, its HTTP stand-in in Next's bundle; one returns to the other's.
const shared = globalThis as typeof globalThis & { labyardDesktops?: Memory };
const memory = (): Memory => {
  shared.labyardDesktops ??= { desktops: new Map(), timer: null };
  return shared.labyardDesktops;
};

/** The desktop as this process knows it; made where it is not known. */
export function desktopOf(workspaceId: string, source: DesktopSource): Desktop {
  const { desktops } = memory();
  let desktop = desktops.get(workspaceId);
  if (!desktop) {
    const none = { connection: null, kept: null, agent: null, recorder: null, opening: Promise.resolve() };
    desktop = { workspaceId, source, tunnels: new Set(), hasDrive: false, ...none };
    desktops.set(workspaceId, desktop);
  }
  watchSilence();
  return desktop;
}

function watchSilence(): void {
  const all = memory();
  all.timer ??= setInterval(() => {
    const now = performance.now();
    for (const desktop of all.desktops.values()) for (const tunnel of [...desktop.tunnels]) tunnel.check(now);
  }, patience.check).unref();
}

/** Keeps what its owner's browser left; false if they have another one open. */
export function keep(desktop: Desktop, tunnel: Tunnel): boolean {
  for (const other of desktop.tunnels) {
    const { owner, mode } = other.options;
    if (other !== tunnel && owner && mode === "use" && other.state === "open" && other.ready) return false;
  }
  if (!tunnel.ready) return false;
  dropKept(desktop);
  const timer = desktop.hasDrive ? undefined : setTimeout(() => tunnel.end(0), patience.keep).unref();
  desktop.kept = { tunnel, timer };
  return true;
}

/** Whoever came back has the picture: nobody has to answer for them any more. */
export function dropKept(desktop: Desktop): void {
  const { kept } = desktop;
  if (!kept) return;
  desktop.kept = null;
  clearTimeout(kept.timer);
  kept.tunnel.end(0);
}

/** A tunnel is over; with the last one, what is known of the desktop goes too. */
export function forget(desktop: Desktop, tunnel: Tunnel): void {
  desktop.tunnels.delete(tunnel);
  if (desktop.kept?.tunnel === tunnel) {
    clearTimeout(desktop.kept.timer);
    desktop.kept = null;
  }
  if (desktop.tunnels.size > 0) return;
  const { desktops } = memory();
  if (desktops.get(desktop.workspaceId) === desktop) desktops.delete(desktop.workspaceId);
  desktop.connection = null;
  desktop.recorder?.stop();
  desktop.recorder = null;
  desktop.agent?.then((agent) => agent?.close());
  desktop.agent = null;
}

/** The line into the desktop, shared by its owner's browsers; null where there is none. */
export function agentOf(desktop: Desktop): Promise<Agent | null> {
  desktop.agent ??= openLine(desktop);
  return desktop.agent;
}

async function openLine(desktop: Desktop): Promise<Agent | null> {
  const agent = await desktop.source.agent(desktop.workspaceId).catch((error: unknown) => {
    log().warn({ err: error, workspaceId: desktop.workspaceId }, "a desktop has no line into it");
    return null;
  });
  if (!agent) {
    desktop.agent = null;
    return null;
  }
  agent.onClipboard((text) => {
    for (const tunnel of desktop.tunnels) tunnel.clipboardOf(text);
  });
  agent.closed.then(
    () => reopen(desktop),
    () => reopen(desktop),
  );
  return agent;
}

/** The line broke while the desktop is open: another, after a breath. */
function reopen(desktop: Desktop): void {
  if (!desktop.agent) return;
  desktop.agent = null;
  setTimeout(() => {
    if (desktop.tunnels.size === 0) return;
    agentOf(desktop).then((agent) => {
      for (const tunnel of desktop.tunnels) if (agent) tunnel.setAgent(agent);
    });
  }, 1_000).unref();
}

/** How many desktop connections are open, kept ones too; for tests. */
export function tunnelCount(): number {
  let count = 0;
  for (const desktop of memory().desktops.values()) count += desktop.tunnels.size;
  return count;
}
