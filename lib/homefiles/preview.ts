import { Readable } from "node:stream";
import type { z } from "zod";
import type { Ctx } from "@/lib/platform/context";
import { conflict, limit } from "@/lib/platform/errors";
import { readFile } from "./read";
import type { Preview, pathInput } from "./schema";

type Given = { ctx: Ctx; input: z.infer<typeof pathInput> };

const textBytes = 256 * 1024;
const mb = 1024 ** 2;

/** What a browser shows without running anything of it; SVG is a program and not among them. */
const shown: [type: string, magic: RegExp][] = [
  ["application/pdf", /^%PDF-/],
  ["image/png", /^\x89PNG\r\n/],
  ["image/jpeg", /^\xff\xd8\xff/],
  ["image/gif", /^GIF8[79]a/],
  ["image/webp", /^RIFF[\s\S]{4}WEBP/],
  ["image/bmp", /^BM[\s\S]{4}\0{4}/],
];

const typeOf = (head: Buffer): string | undefined => {
  const start = head.toString("latin1", 0, 32);
  return shown.find(([, magic]) => magic.test(start))?.[0];
};

/** What a file looks like inside, judged by its bytes and never by its name. */
export async function previewFile({ ctx, input }: Given): Promise<Preview> {
  const { size, content } = await readFile({
    ctx,
    input: { ...input, part: { start: 0, length: textBytes } },
  });
  const head = Buffer.concat(await content.toArray());
  const type = typeOf(head);
  if (type) return { kind: type.startsWith("image/") ? "picture" : "pdf", size };
  const read = readText(head);
  return read ? { kind: "text", size, ...read, cut: size > head.length } : { kind: "binary", size };
}

/** A text in one of the encodings that students meet, the last cut character left out; null for anything else. */
function readText(head: Buffer): { text: string; encoding: string } | null {
  const marked = head[0] === 0xff && head[1] === 0xfe ? ["utf-16le"] : [];
  for (const encoding of [...marked, "utf-8", "gb18030"]) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(head, { stream: true });
      if (!text.includes("\0")) return { text, encoding };
    } catch {
      // Another encoding, then.
    }
  }
  return null;
}

/** A picture or a PDF with its true type; `homefiles.noPicture` for what is neither. */
export async function serveView({ ctx, input }: Given): Promise<Response> {
  const { size, content } = await readFile({ ctx, input });
  try {
    const pieces = content[Symbol.asyncIterator]();
    const first = await pieces.next();
    const head = first.done ? Buffer.alloc(0) : (first.value as Buffer);
    const type = typeOf(head);
    if (!type) throw conflict("homefiles.noPicture");
    const max = type.startsWith("image/") ? 20 : 200;
    if (size > max * mb) throw limit("fileTooLarge", { max });
    const all = async function* () {
      yield head;
      for (;;) {
        const step = await pieces.next();
        if (step.done) return;
        yield step.value as Buffer;
      }
    };
    const body = Readable.from(all(), { objectMode: false });
    body.once("close", () => content.destroy());
    return new Response(Readable.toWeb(body) as ReadableStream, {
      headers: { "content-type": type, "content-length": String(size), "content-disposition": "inline" },
    });
  } catch (error) {
    content.destroy();
    throw error;
  }
}
