import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { conflict, limit, unavailable } from "@/lib/platform/errors";
import type { Agent, WorkspaceRef } from "../driver";
import { answered, asHostError, engineStreams, statusOf } from "./connection";
import { containerName } from "./names";
import { demultiplex } from "./stream";

/** The agent itself gives its programs 5 s each. */
const patienceMs = 20_000;
const longestText = 1 << 20;
/** A text of that size with every character escaped, and what is around it. */
const longestLine = 8 * longestText;

const said = z.union([
  z.object({ id: z.number(), error: z.string().optional() }),
  z.object({ news: z.literal("ready") }),
  z.object({ news: z.literal("clipboard"), text: z.string().max(longestText) }),
]);

/** Starts the agent in the container, as the student, and speaks with it line by line until either ends. */
export async function agent(workspace: WorkspaceRef): Promise<Agent> {
  const stream = await open(workspace);
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void; timer: NodeJS.Timeout }>();
  const listeners: ((text: string) => void)[] = [];
  const ended = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  let last = 0;
  let over = false;

  const end = () => {
    if (over) return;
    over = true;
    stream.destroy();
    const gone = unavailable("desktopGone");
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(gone);
    }
    waiting.clear();
    ready.reject(gone);
    ended.resolve();
  };
  const hear = (line: string) => {
    const message = said.parse(JSON.parse(line));
    if ("news" in message) {
      if (message.news === "ready") ready.resolve();
      else for (const tell of listeners) tell(message.text);
      return;
    }
    const one = waiting.get(message.id);
    if (!one) return;
    waiting.delete(message.id);
    clearTimeout(one.timer);
    if (message.error) one.reject(unavailable("desktopRefused", new Error(message.error)));
    else one.resolve();
  };
  const ask = async (request: object): Promise<void> => {
    if (over) throw unavailable("desktopGone");
    const id = ++last;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.set(id, { resolve, reject, timer: setTimeout(end, patienceMs) });
    stream.write(`${JSON.stringify({ id, ...request })}\n`);
    return promise;
  };

  stream.on("error", end);
  stream.on("close", end);
  void listen(stream, hear).then(end, end);
  const late = setTimeout(end, patienceMs);
  await ready.promise.finally(() => clearTimeout(late));
  return {
    setClipboard: async (text) => {
      if (Buffer.byteLength(text) > longestText) throw limit("textTooLong");
      return ask({ do: "clipboard", text });
    },
    onClipboard: (told) => void listeners.push(told),
    resize: (width, height) => ask({ do: "resize", width: Math.round(width), height: Math.round(height) }),
    scale: (dpi) => ask({ do: "scale", dpi: Math.round(dpi) }),
    notify: (title, body, urgent = false) => ask({ do: "notify", title, body, urgent }),
    close: end,
    closed: ended.promise,
  };
}

async function open(workspace: WorkspaceRef): Promise<Duplex> {
  const { endpoint } = workspace.host;
  try {
    const run = await answered(
      engineStreams(endpoint)
        .getContainer(containerName(workspace.id))
        .exec({
          Cmd: ["/usr/bin/python3", "-I", "/opt/labyard/desktop-agent.py"],
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
        }),
    );
    const stream = await answered(run.start({ hijack: true, stdin: true }));
    // It keeps no process alive.
    if (stream instanceof Socket) stream.unref();
    return stream;
  } catch (error) {
    // 409: it is frozen, or does not run.
    if (statusOf(error) === 404 || statusOf(error) === 409) throw conflict("workspaceGone");
    throw asHostError(error);
  }
}

async function listen(stream: Duplex, hear: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of demultiplex(stream)) {
    rest += decoder.decode(part, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) return;
    for (const line of lines) hear(line);
  }
}
