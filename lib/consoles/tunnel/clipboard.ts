import { decode, encode } from "./instruction";
import { status } from "./status";

const mostBytes = 256 * 1024;
const blobBytes = 6048;
/** Far above the streams that guacd numbers itself, so that the two never meet. */
export const ourStream = 4096;

/** A text as the browser gets it from a desktop: a clipboard stream, whole. Longer texts are left out. */
export function clipboardStream(text: string): Buffer | null {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > mostBytes) return null;
  const parts = [encode("clipboard", ourStream, "text/plain")];
  for (let at = 0; at < bytes.length; at += blobBytes)
    parts.push(
      encode("blob", ourStream, bytes.toString("base64", at, Math.min(at + blobBytes, bytes.length))),
    );
  parts.push(encode("end", ourStream));
  return Buffer.concat(parts);
}

/** Puts together the clipboard streams of a browser, which guacd would not carry exactly. */
export class ClipboardReader {
  readonly #open = new Map<string, { parts: Buffer[]; size: number }>();

  /**
   * Takes a `clipboard`, `blob` or `end`; what to answer the browser, and the text once it is whole. With a text the
   * answer is for when the desktop has it: the keys that paste it wait for that.
   */
  take(instruction: Buffer): { answer?: Buffer; text?: string } {
    const [opcode, stream = "", payload = ""] = decode(instruction);
    if (opcode === "clipboard") {
      if (this.#open.size >= 4) this.#open.clear();
      this.#open.set(stream, { parts: [], size: 0 });
      return { answer: encode("ack", stream, "OK", status.success) };
    }
    const open = this.#open.get(stream);
    if (!open) return {};
    if (opcode === "end") {
      this.#open.delete(stream);
      const answer = encode("ack", stream, "OK", status.success);
      return { answer, text: Buffer.concat(open.parts).toString("utf8") };
    }
    const part = Buffer.from(payload, "base64");
    open.size += part.length;
    if (open.size > mostBytes) {
      this.#open.delete(stream);
      return { answer: encode("ack", stream, "too much text", status.overrun) };
    }
    open.parts.push(part);
    return { answer: encode("ack", stream, "OK", status.success) };
  }
}
