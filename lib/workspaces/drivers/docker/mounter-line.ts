import { Socket } from "node:net";
import { z } from "zod";
import { unavailable } from "@/lib/platform/errors";
import { answered, engineStreams } from "./connection";
import { mounterName } from "./names";
import { demultiplex } from "./stream";

/**
 * One standing conversation with the mount helper of a host: a request costs a line and not a process of
 * its own, which is what lets a warm workspace have its home in milliseconds. Answers come in any order.
 */
export type Line = { ask(command: readonly string[]): Promise<string> };

/** The conversation ended before the answer; commands may be repeated, so the caller asks on a new one. */
export class LineLost extends Error {}

/** Longer than the helper's own patience with a lock and a busy mount. */
const patience = 60_000;
const longestAnswer = 1 << 20;

type Waiting = { resolve(text: string): void; reject(error: Error): void; silent: NodeJS.Timeout };

const shared = globalThis as typeof globalThis & { labyardMounterLines?: Map<string, Promise<Line>> };

/** The line to a host, opened when there is none. Fails as the engine does when the helper is not there. */
export function lineTo(endpoint: string): Promise<Line> {
  shared.labyardMounterLines ??= new Map();
  const lines = shared.labyardMounterLines;
  const known = lines.get(endpoint);
  if (known) return known;
  const line = open(endpoint, () => {
    if (lines.get(endpoint) === line) lines.delete(endpoint);
  });
  lines.set(endpoint, line);
  line.catch(() => lines.get(endpoint) === line && lines.delete(endpoint));
  return line;
}

async function open(endpoint: string, onLost: () => void): Promise<Line> {
  const run = await answered(
    engineStreams(endpoint)
      .getContainer(mounterName())
      .exec({
        Cmd: ["/usr/bin/python3", "-I", "-S", "/opt/labyard/mounter.py", "serve"],
        User: "0:0",
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
      }),
  );
  const stream = await answered(run.start({ hijack: true, stdin: true }));
  const waiting = new Map<number, Waiting>();
  let lost: Error | undefined;
  let last = 0;

  const settle = (id: number): Waiting | undefined => {
    const found = waiting.get(id);
    if (!found) return undefined;
    waiting.delete(id);
    clearTimeout(found.silent);
    // A resting line keeps no process alive.
    if (waiting.size === 0 && stream instanceof Socket) stream.unref();
    return found;
  };
  const lose = (why: string) => {
    if (lost) return;
    lost = new LineLost(why);
    onLost();
    for (const id of [...waiting.keys()]) settle(id)?.reject(lost);
    stream.destroy();
  };
  const expectAnswer = (id: number) =>
    new Promise<string>((resolve, reject) => {
      const silent = setTimeout(() => {
        settle(id)?.reject(unavailable("hostUnreachable"));
        lose("the mount helper is silent");
      }, patience);
      waiting.set(id, { resolve, reject, silent });
      if (stream instanceof Socket) stream.ref();
    });

  const hello = expectAnswer(0);
  stream.on("error", (error: Error) => lose(error.message));
  void listen(stream, (id, text) => settle(id)?.resolve(text)).then(
    (errors) => lose(`the mount helper ended: ${errors.slice(-300)}`),
    (error: unknown) => lose(String(error)),
  );
  await hello;
  return {
    ask: async (command) => {
      if (lost) throw lost;
      const id = ++last;
      const answer = expectAnswer(id);
      stream.write(`${JSON.stringify({ id, command })}\n`);
      return answer;
    },
  };
}

const numbered = z.object({ id: z.number() }).loose();

/** Hands on each answer with its number until the helper ends; returns what it complained of. */
async function listen(
  stream: NodeJS.ReadableStream & AsyncIterable<unknown>,
  tell: (id: number, text: string) => void,
): Promise<string> {
  let errors = "";
  let rest = "";
  const parts = demultiplex(stream as Parameters<typeof demultiplex>[0], (text) => {
    errors += text;
  });
  const decoder = new TextDecoder();
  for await (const part of parts) {
    rest += decoder.decode(part, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestAnswer) throw new Error("the mount helper said too much");
    for (const line of lines) tell(numbered.parse(JSON.parse(line)).id, line);
  }
  return errors;
}
