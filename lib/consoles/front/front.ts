import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Db, database } from "@/db/client";
import { type Clock, systemClock } from "@/lib/platform/clock";
import { newId } from "@/lib/platform/ids";
import { log } from "@/lib/platform/log";
import { withLogContext } from "@/lib/platform/log-context";
import { type Origins, origins, whoseHost } from "@/lib/platform/origins";
import type { OnActivity } from "../activity";
import { consoleOf } from "../enter-console";
import { closeConsoles, watchGrants } from "../grants";
import { Lane, type LaneOptions } from "../lane/lane";
import { judgeAppRequest } from "../proxy/guard";
import { refuseUpgrade } from "../proxy/upgrade";
import { closeIdlePools, destroyPools } from "../proxy/upstream";
import { endTerminals } from "../terminal/room";
import { handleTerminalUpgrade } from "../terminal/upgrade";
import { type DesktopSource, workspaceDesktops } from "../tunnel/desktops";
import { patience } from "../tunnel/patience";
import { handleTunnelUpgrade } from "../tunnel/upgrade";
import { cleanAppRequest, isLoopback, secureAppAnswer } from "./app-request";
import { answerAway, asksForPage, drawablePath } from "./away";
import { isWellFormed, refusedBody } from "./check";
import { countRequest } from "./count-request";
import { answerPlain, sentence } from "./pages";
import { handleWorkspaceRequest, handleWorkspaceUpgrade, type Inside } from "./workspace-request";

/** What a broken request is told, by Node's code; everything else is a bad request. */
const refusals: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

type UpgradeListener = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

export type FrontOptions = {
  at?: Origins;
  db?: () => Db;
  clock?: Clock;
  dev?: boolean;
  onActivity?: OnActivity;
  /** Where desktops are reached; left out: where the workspaces say. */
  desktops?: DesktopSource;
  /** Answers what machines ask (health, metrics), in every phase. */
  machine?: (req: IncomingMessage, res: ServerResponse) => boolean;
  /** Whether pages have what they are drawn from; left out: always. */
  canDraw?: () => Promise<boolean>;
  /** How many pages may be drawn at the same time; who comes then is told to wait. Left out: 300, some seconds' worth. */
  pagesAtOnce?: number;
};

export type Front = {
  server: Server;
  /** From now on the app answers; before, everyone is told that it starts. */
  open(app: { request: RequestListener; upgrade?: UpgradeListener }): void;
  /** Lets nothing new in, ends streams and sockets so that browsers come back to the next process. */
  drain(): void;
  close(): Promise<void>;
};

/**
 * The one listener: looks at the Host of a request before anything else does, and gives it to the app, to
 * the workspace whose origin it is, or to nobody (421). Owns every upgrade.
 */
export function createFront(options: FrontOptions = {}): Front {
  const at = options.at ?? origins();
  const inside: Inside = {
    at,
    db: options.db ?? database,
    clock: options.clock ?? systemClock,
    onActivity: options.onActivity ?? (() => undefined),
    desktops: options.desktops ?? workspaceDesktops,
  };
  const dev = options.dev ?? false;
  let app: { request: RequestListener; upgrade?: UpgradeListener } | undefined;
  let draining = false;
  let pages = 0;
  const streams = new Set<ServerResponse>();
  const upgraded = new Set<Duplex>();
  const lanes = new Set<Lane>();

  const handle = (req: IncomingMessage, res: ServerResponse) => {
    if (!isWellFormed(req)) return answerPlain(req, res, 400, "Bad Request", { Connection: "close" });
    const whose = whoseHost(req.headers.host ?? "", at);
    if (whose.kind === "workspace") {
      if (draining) return answerPlain(req, res, 503, sentence(req, "stopping"), { Connection: "close" });
      return handleWorkspaceRequest(req, res, whose.label, inside);
    }
    if (whose.kind === "unknown") return misdirected(req, res);
    if (whose.kind === "loopback" && !(isLoopback(req.socket.remoteAddress) && isForMachines(req.url ?? "")))
      return misdirected(req, res);
    if (!judgeAppRequest(req.method ?? "", req.headers, at.app).ok)
      return answerPlain(req, res, 403, sentence(req, "refused"));
    const unread = refusedBody(req);
    if (unread) return answerPlain(req, res, unread, STATUS_CODES[unread] ?? "", { Connection: "close" });
    if (options.machine?.(req, res)) return;
    // Steps in flight may end while the process does; nothing new begins.
    const machine = isForMachines(req.url ?? "");
    if (!app || (draining && !machine)) return answerAway(req, res, draining ? "stopping" : "starting");
    const { request } = app;
    const requestId = newId();
    const draw = () => {
      if (req.url === drawablePath) return answerPlain(req, res, 200, "ok");
      cleanAppRequest(req, at);
      res.setHeader("X-Request-Id", requestId);
      countRequest(req, res);
      secureAppAnswer(req, res, at, dev);
      // guacd says something every 5 s: who takes none of it has vanished, and TCP alone hopes for a quarter of an hour.
      if (req.method === "GET" && consoleOf(req.url ?? "")?.kind === "desktop")
        res.setTimeout(patience.answer);
      streams.add(res);
      res.on("close", () => streams.delete(res));
      request(req, res);
    };
    withLogContext({ requestId }, () => whenDrawable(req, res, draw));
  };

  const whenDrawable = (req: IncomingMessage, res: ServerResponse, draw: () => void) => {
    if (!asksForPage(req)) return draw();
    if (pages >= (options.pagesAtOnce ?? 300)) return answerAway(req, res, "busy");
    pages++;
    res.on("close", () => pages--);
    if (!options.canDraw) return draw();
    options.canDraw().then(
      (can) => {
        if (can) draw();
        else if (!res.destroyed) answerAway(req, res, "database");
      },
      () => draw(),
    );
  };

  const misdirected = (req: IncomingMessage, res: ServerResponse): void =>
    answerPlain(req, res, 421, sentence(req, "misdirected", { url: at.app }), { Connection: "close" });

  const upgrade: UpgradeListener = (req, socket, head) => {
    socket.on("error", () => socket.destroy());
    upgraded.add(socket);
    socket.on("close", () => upgraded.delete(socket));
    if (!isWellFormed(req) || req.method !== "GET" || !isWebSocket(req)) return refuseUpgrade(socket, 400);
    if (draining) return refuseUpgrade(socket, 503);
    const whose = whoseHost(req.headers.host ?? "", at);
    if (whose.kind === "workspace") {
      handleWorkspaceUpgrade(req, socket, head, whose.label, inside).catch((error: unknown) => {
        log().error({ err: error }, "an upgrade failed");
        socket.destroy();
      });
      return;
    }
    if (whose.kind !== "app") return refuseUpgrade(socket, 421);
    if (req.headers.origin !== at.app) return refuseUpgrade(socket, 403);
    const console = consoleOf(req.url ?? "");
    if (console?.kind === "desktop") return handleTunnelUpgrade(req, socket, head, inside);
    if (console?.kind === "terminal") return handleTerminalUpgrade(req, socket, head, inside);
    if (!app?.upgrade) return refuseUpgrade(socket, 404);
    app.upgrade(req, socket, head);
  };

  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      insecureHTTPParser: false,
      requireHostHeader: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 20_000,
      keepAliveTimeout: 65_000,
      headersTimeout: 20_000,
      // An upload over a slow line takes its time.
      requestTimeout: 4 * 3600_000,
    },
    handle,
  );
  server.on("upgrade", upgrade);
  // Every connection begins on the lane, and is Node's own from the first request that is not for it.
  const takeOver = server.listeners("connection")[0] as (this: Server, socket: Socket) => void;
  const onLane: LaneOptions = {
    ...inside,
    careful: (socket) => takeOver.call(server, socket),
    over: (lane) => lanes.delete(lane),
  };
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    if (draining) onLane.careful(socket);
    else lanes.add(new Lane(socket, onLane));
  });
  server.on("clientError", (error: Error & { code?: string }, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return socket.destroy();
    // Chromium connects ahead: what is written there before it asks, it takes for the answer to its next page.
    if ("bytesRead" in socket && socket.bytesRead === 0) return socket.destroy();
    refuseUpgrade(socket, refusals[error.code ?? ""] ?? 400);
  });
  const stopWatching = watchGrants({ db: inside.db, clock: inside.clock });
  const pools = setInterval(closeIdlePools, 60_000);
  pools.unref();
  const sweep = setInterval(() => {
    for (const lane of lanes) lane.sweep();
  }, 5_000);
  sweep.unref();

  return {
    server,
    open: (opened) => {
      app = opened;
    },
    drain: () => {
      draining = true;
      closeConsoles();
      for (const res of streams) if (isEventStream(res)) res.end();
      server.closeIdleConnections();
      for (const lane of lanes) lane.close();
    },
    close: async () => {
      stopWatching();
      clearInterval(pools);
      clearInterval(sweep);
      for (const lane of lanes) lane.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const late = setTimeout(() => {
        for (const socket of upgraded) socket.destroy();
        server.closeAllConnections();
      }, 2_000);
      await Promise.all([closed, endTerminals()]);
      clearTimeout(late);
      await destroyPools();
    },
  };
}

/** What this machine itself calls by its loopback name: the durable functions, and monitors. */
const isForMachines = (target: string): boolean =>
  /^\/(api\/(inngest|health|ready)|metrics)(\/|\?|$)/.test(target);

const isWebSocket = (req: IncomingMessage): boolean =>
  req.headers.upgrade?.toLowerCase() === "websocket" &&
  req.headers["sec-websocket-version"] === "13" &&
  req.headers["sec-websocket-key"] !== undefined;

const isEventStream = (res: ServerResponse): boolean =>
  String(res.getHeader("content-type") ?? "").startsWith("text/event-stream");
