import { timingSafeEqual } from "node:crypto";
import { sessionNameOf } from "@/lib/accounts";
import { systemCtx } from "@/lib/platform/context";
import { sha256 } from "@/lib/platform/crypto";
import { httpStatus, toAppError } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import { recordActivity } from "@/lib/workspaces";
import { type OnActivity, throttleActivity } from "../activity";
import { enterConsole } from "../enter-console";
import { type DesktopSource, workspaceDesktops } from "./desktops";
import { encode } from "./instruction";
import { openTunnel, screenOf } from "./open";
import { httpStatusOf, type Status, status } from "./status";
import type { Browser, Tunnel } from "./tunnel";

type Held = { tunnel: Tunnel; browser: PollingBrowser; tokenHash: string; sessionId: string };

// On globalThis: in development Next loads this anew with every change.
const shared = globalThis as typeof globalThis & { labyardHttpTunnels?: Map<string, Held> };
const tunnels = (): Map<string, Held> => {
  shared.labyardHttpTunnels ??= new Map();
  return shared.labyardHttpTunnels;
};

const tokenHeader = "Guacamole-Tunnel-Token";
const mostBody = 256 * 1024;
/** A browser keeps all of an answer until its end. */
const mostAnswer = 1024 * 1024;
const endOfResponse = encode("");

type Inside = { source: DesktopSource; onActivity: OnActivity };

const inService: Inside = {
  source: workspaceDesktops,
  onActivity: throttleActivity((workspaceId) => {
    const ctx = systemCtx("desktop");
    recordActivity({ ctx, workspaceId, at: ctx.clock.now() }).catch((error: unknown) =>
      ctx.log.warn({ err: error, workspaceId }, "activity was not recorded"),
    );
  }),
};

/**
 * The Guacamole tunnel over HTTP, for networks that let no WebSocket through: `POST ?connect`, then
 * `GET ?read:<uuid>:<n>` again and again, and `POST ?write:<uuid>`. Origin and site have been judged before.
 */
export async function answerTunnel(request: Request, inside = inService): Promise<Response> {
  try {
    // Read as a name without a value: Next writes `?connect` as `?connect=`, and a colon as `%3A`.
    const [asked = ""] = new URL(request.url).searchParams.keys();
    if (request.method === "POST" && asked === "connect") return await connect(request, inside);
    const [what, uuid = ""] = asked.split(":", 2);
    const held = await heldOf(request, uuid);
    if (!held) return refuse(status.notFound);
    if (request.method === "GET" && what === "read") return new Response(held.browser.read(), { headers });
    if (request.method === "POST" && what === "write") return await write(request, held);
    return refuse(status.badRequest);
  } catch (error) {
    const known = toAppError(error);
    if (known.code === "internal") log().error({ err: error }, "a desktop's HTTP tunnel failed");
    if (known.code === "unauthenticated" || known.code === "forbidden") return refuse(status.forbidden);
    return refuse(known.code === "unavailable" ? status.serverBusy : status.serverError, httpStatus(known));
  }
}

const headers = { "Content-Type": "application/octet-stream", "Cache-Control": "no-store, no-transform" };

const refuse = (code: Status, http = httpStatusOf(code)): Response =>
  new Response(null, {
    status: http,
    headers: { "Guacamole-Status-Code": String(code), "Guacamole-Error-Message": String(code), ...headers },
  });

async function connect(request: Request, { source, onActivity }: Inside): Promise<Response> {
  const body = await bodyOf(request);
  if (!body) return refuse(status.overrun);
  const query = new URLSearchParams(body.toString("utf8"));
  const { ctx, grant } = await enterConsole({
    target: new URL(request.url).pathname,
    cookie: request.headers.get("cookie") ?? undefined,
    ticket: query.get("ticket"),
    mode: query.get("mode"),
  });
  const browser = new PollingBrowser();
  const { tunnel, opened } = openTunnel({ grant, screen: screenOf(query), browser, source, onActivity });
  browser.tunnel = tunnel;
  await opened;
  if (browser.closed !== null) return refuse(browser.closed || status.serverBusy);
  const token = ctx.newToken();
  const all = tunnels();
  all.set(tunnel.uuid, { tunnel, browser, tokenHash: sha256(token), sessionId: grant.sessionId });
  browser.onOver = () => all.delete(tunnel.uuid);
  return new Response(tunnel.uuid, { headers: { ...headers, [tokenHeader]: token } });
}

/** The tunnel, if the caller has its token and is who opened it; its grant is rechecked all the time. */
async function heldOf(request: Request, uuid: string): Promise<Held | null> {
  const held = tunnels().get(uuid);
  if (!held) return null;
  const given = Buffer.from(sha256(request.headers.get(tokenHeader) ?? ""));
  if (!timingSafeEqual(given, Buffer.from(held.tokenHash))) return null;
  const session = await sessionNameOf(request.headers.get("cookie"));
  return session?.sessionId === held.sessionId ? held : null;
}

async function write(request: Request, { tunnel, browser }: Held): Promise<Response> {
  const body = await bodyOf(request);
  if (!body) return refuse(status.overrun);
  // Before too: of many that come at once, each would be added to what guacd does not take.
  await browser.free();
  tunnel.receive(body);
  await browser.free();
  return browser.closed ? refuse(browser.closed) : new Response(null, { headers });
}

/** The whole body, or null for one that is too long. */
async function bodyOf(request: Request): Promise<Buffer | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size > mostBody) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

type Reader = { wake: () => void; drop: () => void };

/**
 * A browser that comes for what there is. Its next request is there while the last answer still runs: as soon
 * as it is, the answer that runs ends, and the next goes on.
 */
class PollingBrowser implements Browser {
  tunnel: Tunnel | null = null;
  onOver: () => void = () => undefined;
  /** With which status it was ended; null: it is open. */
  closed: Status | null = null;
  #queue: Buffer[] = [];
  #queued = 0;
  #readers: Reader[] = [];
  #held = false;
  #freed: (() => void)[] = [];

  get buffered(): number {
    return this.#queued;
  }

  send(instructions: Buffer, done?: () => void): void {
    if (this.closed === null) {
      // Copied: nobody tells when an answer has left.
      this.#queue.push(Buffer.from(instructions));
      this.#queued += instructions.length;
      this.#readers[0]?.wake();
    }
    done?.();
  }

  hold(held: boolean): void {
    this.#held = held;
    if (!held) for (const free of this.#freed.splice(0)) free();
  }

  /** Resolves when guacd takes input again. */
  free(): Promise<void> {
    if (!this.#held || this.closed !== null) return Promise.resolve();
    return new Promise((resolve) => this.#freed.push(resolve));
  }

  close(why: Status): void {
    if (this.closed !== null) return;
    // The stream is the only way to say it: its status line is long gone.
    if (why !== status.success) this.send(encode("error", String(why), why));
    this.closed = why;
    this.hold(false);
    // Who has vanished takes no last word, and would hold the socket for as long as TCP hopes.
    if (why === status.clientTimeout) for (const reader of [...this.#readers]) reader.drop();
    else this.#readers[0]?.wake();
    // What was said last may still be fetched.
    setTimeout(() => this.onOver(), 15_000).unref();
  }

  /** The answer to one read. */
  read(): ReadableStream<Uint8Array> {
    const reader: Reader = { wake: () => undefined, drop: () => undefined };
    let said = 0;
    let quiet = false;
    const done = () => {
      const at = this.#readers.indexOf(reader);
      if (at >= 0) this.#readers.splice(at, 1);
      this.#readers[0]?.wake();
    };
    if (this.tunnel) this.tunnel.browserAt = performance.now();
    this.#readers.push(reader);
    // Whoever reads now has said enough.
    this.#readers[0]?.wake();
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          reader.drop = () => {
            done();
            controller.error(new DOMException("the browser is gone", "AbortError"));
          };
        },
        pull: async (controller) => {
          for (;;) {
            const turn = this.#readers[0] === reader;
            const over = this.closed !== null;
            const mayEnd = !over && said > 0 && this.#readers.length > 1;
            const long = said >= mostAnswer;
            if (turn && this.#queued > 0 && !(mayEnd && long)) {
              said += this.#queued;
              quiet = false;
              const [first, ...more] = this.#queue;
              const all = first && more.length === 0 ? first : Buffer.concat(this.#queue);
              this.#queue = [];
              this.#queued = 0;
              controller.enqueue(all);
              this.tunnel?.drained();
              return;
            }
            if (turn && mayEnd && !long && !quiet) {
              // Each answer costs the same, however much is in it: what has come meanwhile goes along.
              quiet = true;
              await new Promise((resolve) => setImmediate(resolve));
              continue;
            }
            if (turn && (over || mayEnd)) {
              done();
              if (over) this.onOver();
              controller.enqueue(endOfResponse);
              controller.close();
              return;
            }
            await new Promise<void>((resolve) => {
              reader.wake = resolve;
            });
          }
        },
        cancel: done,
      },
      { highWaterMark: 0 },
    );
  }
}
