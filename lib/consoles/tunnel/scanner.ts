import { isAscii, isUtf8 } from "node:buffer";
import { status, TunnelError } from "./status";

/** Called with where an instruction is in `data`; the bytes are only lent. */
export type Seen = (data: Buffer, start: number, end: number) => void;

const dot = 46;
const comma = 44;
const semicolon = 59;
const none = Buffer.alloc(0);

const mostDigits = 6;
const mostElements = 256;

/**
 * Finds where instructions end in a stream that is cut anywhere, so that it can be passed on untouched and cut
 * only there. An element's length counts code points: in ASCII, which the picture is, that is a jump. Keeps
 * at most one unfinished instruction, of `most` bytes.
 */
export class InstructionScanner {
  #rest: Buffer = none;
  #elements = 0;
  /** Code points of the element's text that are still to come; -1 while its length is read. */
  #left = -1;
  #length = 0;
  #digits = 0;

  constructor(
    readonly most: number,
    private readonly seen: Seen,
  ) {}

  /** Bytes of an unfinished instruction that are kept now. */
  get kept(): number {
    return this.#rest.length;
  }

  /**
   * All whole instructions that end with this chunk, in one or two parts: one that began earlier, and those that
   * lie in the chunk, which are not copied. Throws TunnelError for what is no such stream.
   */
  scan(chunk: Buffer): Buffer[] {
    const ascii = isAscii(chunk);
    const size = chunk.length;
    const parts: Buffer[] = [];
    let before = this.#rest.length;
    let body = 0;
    let start = 0;
    let at = 0;
    let left = this.#left;
    while (at < size) {
      if (left < 0) {
        const byte = chunk[at++] ?? 0;
        if (byte === dot && this.#digits > 0) {
          left = this.#length;
          this.#length = 0;
          this.#digits = 0;
          if (before + at - start + left >= this.most) throw broken("is too long");
        } else if (byte >= 48 && byte <= 57 && this.#digits < mostDigits) {
          this.#length = this.#length * 10 + byte - 48;
          this.#digits++;
        } else throw broken("has no length");
        continue;
      }
      const end = ascii ? at + left : after(chunk, at, left);
      if (end >= size) {
        left -= ascii ? size - at : leads(chunk, at);
        at = size;
        break;
      }
      at = end + 1;
      left = -1;
      const terminator = chunk[end];
      if (terminator === comma) {
        if (++this.#elements >= mostElements) throw broken("has too many elements");
        continue;
      }
      if (terminator !== semicolon) throw broken("has a length that is not its own");
      this.#elements = 0;
      if (before > 0) {
        const whole = checked(Buffer.concat([this.#rest, chunk.subarray(0, at)]));
        this.#rest = none;
        before = 0;
        body = at;
        parts.push(whole);
        this.seen(whole, 0, whole.length);
      } else this.seen(chunk, start, at);
      start = at;
    }
    this.#left = left;
    if (start > body) parts.push(checked(chunk.subarray(body, start), ascii));
    if (start < size) {
      // Copied, or a few bytes would hold the whole chunk.
      const tail = chunk.subarray(start);
      this.#rest = before > 0 ? Buffer.concat([this.#rest, tail]) : Buffer.from(tail);
      if (this.#rest.length > this.most) throw broken("is too long");
    }
    return parts;
  }
}

/** Where the terminator after so many code points is; the end of the data if it is not there yet. */
function after(data: Buffer, from: number, points: number): number {
  let left = points;
  for (let i = from; i < data.length; i++) if (isLead(data[i]) && left-- === 0) return i;
  return data.length;
}

/** How many characters begin there. */
function leads(data: Buffer, from: number): number {
  let count = 0;
  for (let i = from; i < data.length; i++) if (isLead(data[i])) count++;
  return count;
}

/** Not a continuation of the character before it. */
const isLead = (byte = 0): boolean => (byte & 0xc0) !== 0x80;

/** A browser closes its socket over what is not UTF-8. */
function checked(whole: Buffer, ascii = isAscii(whole)): Buffer {
  if (!ascii && !isUtf8(whole)) throw broken("is not UTF-8");
  return whole;
}

const broken = (why: string) => new TunnelError(status.upstreamError, `an instruction ${why}`);
