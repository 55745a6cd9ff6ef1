import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Db } from "@/db/client";
import type { Clock } from "@/lib/platform/clock";
import { log } from "@/lib/platform/log";
import { metrics } from "@/lib/platform/metrics";
import { type Origins, originOf, workspaceHost } from "@/lib/platform/origins";
import { recordActivity } from "@/lib/workspaces";
import { isAct, type OnActivity } from "../activity";
import { findGrant, type Grant, knownGrant } from "../grants";
import { grantHash } from "../proxy/cookies";
import { forward, isDown } from "../proxy/forward";
import { judgeUpgrade, judgeWorkspaceRequest } from "../proxy/guard";
import { isPlainTarget } from "../proxy/paths";
import { passUpgrade, refuseUpgrade } from "../proxy/upgrade";
import type { DesktopSource } from "../tunnel/desktops";
import { enter } from "./enter";
import { streamNotices } from "./notices";
import { answerNotice, answerPlain, common, sentence } from "./pages";

export type Inside = {
  at: Origins;
  db: () => Db;
  clock: Clock;
  onActivity: OnActivity;
  desktops: DesktopSource;
};

/** What the script of ours inside JupyterLab asks of the service itself; everything else goes inside. */
const ours = new Set(["/__lab/notices", "/__lab/act", "/__lab/here"]);

/** A request at a workspace's origin: judged, matched with its grant, and only then sent on. */
export function handleWorkspaceRequest(
  req: IncomingMessage,
  res: ServerResponse,
  label: string,
  inside: Inside,
) {
  const { at } = inside;
  const target = req.url ?? "/";
  // Pipelined: no browser does it, and nobody tells such an answer that its reader has left.
  if (!res.socket) return void req.socket.destroy();
  if (!isPlainTarget(target)) return answerPlain(req, res, 400, sentence(req, "path"));
  if (target.startsWith("/__lab/") && !ours.has(target)) {
    if (target !== "/__lab/enter") return answerPlain(req, res, 404, sentence(req, "path"));
    enter(req, res, label, at).catch((error: unknown) => {
      log().error({ err: error }, "entering a console failed");
      res.destroy();
    });
    return;
  }
  const judged = judgeWorkspaceRequest(req.method ?? "", req.headers, {
    origin: originOf(label, at),
    secure: at.secure,
  });
  if (!judged.ok) {
    metrics().hot.refused++;
    return answerPlain(req, res, 403, sentence(req, "refused"));
  }
  const hash = grantHash(req.headers.cookie, label, at);
  if (hash === null) return askToEnter(req, res, at);
  const known = knownGrant(hash);
  if (known) return pass(req, res, label, known, inside);
  findGrant(hash, { db: inside.db(), clock: inside.clock }).then(
    (grant) => (grant ? pass(req, res, label, grant, inside) : askToEnter(req, res, at)),
    (error: unknown) => {
      log().warn({ err: error }, "a grant cannot be checked");
      answerNotice(req, res, "waiting", at);
    },
  );
}

function askToEnter(req: IncomingMessage, res: ServerResponse, at: Origins): void {
  metrics().hot.refused++;
  answerNotice(req, res, "enter", at);
}

function pass(req: IncomingMessage, res: ServerResponse, label: string, grant: Grant, inside: Inside) {
  const { at } = inside;
  if (res.destroyed) return;
  if (grant.label !== label) return askToEnter(req, res, at);
  if (ours.has(req.url ?? "")) return answerScript(req, res, grant, inside);
  if (!grant.target) return refuse(req, res, grant, at);
  if (isAct(req.method ?? "", req.url ?? "")) inside.onActivity(grant.workspaceId);
  forward({
    req,
    res,
    grant,
    target: grant.target,
    host: workspaceHost(label, at),
    at,
    failed: (error) => {
      log().warn({ err: error, workspaceId: grant.workspaceId }, "a workspace did not answer");
      if (!res.destroyed) answerNotice(req, res, isDown(error) ? "waiting" : "broken", at);
    },
  });
}

/** Nothing is asked of a frozen server: it would hang. Its page leads to where it is resumed. */
const refuse = (req: IncomingMessage, res: ServerResponse, grant: Grant, at: Origins): void =>
  grant.paused
    ? answerNotice(req, res, "paused", at, { back: `/workspaces/${grant.workspaceId}` })
    : answerNotice(req, res, "waiting", at);

/** From here on this workspace tells of people's acts itself: frames of its sockets are no sign of a person. */
function answerScript(req: IncomingMessage, res: ServerResponse, grant: Grant, inside: Inside): void {
  grant.tells = true;
  if (req.url === "/__lab/act" && req.method === "POST") {
    inside.onActivity(grant.workspaceId);
    req.resume();
    res.writeHead(204, common);
    res.end();
  } else if (req.url === "/__lab/here" && req.method === "POST") {
    req.resume();
    answerHere(grant, inside).then(
      () => res.writeHead(204, common).end(),
      () => answerNotice(req, res, "waiting", inside.at),
    );
  } else if (req.url === "/__lab/notices" && req.method === "GET") {
    streamNotices(req, res, grant, inside).catch((error: unknown) => {
      log().warn({ err: error, workspaceId: grant.workspaceId }, "notices cannot be read");
      if (res.headersSent) res.destroy();
      else answerNotice(req, res, "waiting", inside.at);
    });
  } else answerPlain(req, res, 405, sentence(req, "path"));
}

/** "I am still here" counts at once, however lately an act was told; a page that repeats it is not heard each time. */
async function answerHere(grant: Grant, { db, clock }: Inside): Promise<void> {
  const now = performance.now();
  if (now - grant.hereAt < 1_000) return;
  grant.hereAt = now;
  await recordActivity({ ctx: { db: db(), clock }, workspaceId: grant.workspaceId, at: clock.now() });
}

/** An upgrade at a workspace's origin. Nothing inside is dialled before all of it is judged. */
export async function handleWorkspaceUpgrade(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  label: string,
  inside: Inside,
): Promise<void> {
  const { at } = inside;
  if (!isPlainTarget(req.url ?? "") || req.url?.startsWith("/__lab/")) return refuseUpgrade(socket, 404);
  if (!judgeUpgrade(req.headers, { origin: originOf(label, at) }).ok) return refuseUpgrade(socket, 403);
  const hash = grantHash(req.headers.cookie, label, at);
  if (hash === null) return refuseUpgrade(socket, 401);
  let grant: Grant | null;
  try {
    grant = await findGrant(hash, { db: inside.db(), clock: inside.clock });
  } catch {
    return refuseUpgrade(socket, 503);
  }
  if (!grant || grant.label !== label) return refuseUpgrade(socket, 401);
  if (!grant.target) return refuseUpgrade(socket, 503);
  if (socket.destroyed) return;
  const { workspaceId } = grant;
  passUpgrade({
    req,
    socket: socket as Socket,
    head,
    grant,
    target: grant.target,
    host: workspaceHost(label, at),
    at,
    onAct: () => {
      if (!grant.tells) inside.onActivity(workspaceId);
    },
  });
}
