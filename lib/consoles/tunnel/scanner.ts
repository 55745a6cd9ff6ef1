import { isAscii, isUtf8 } from "node:buffer";
import { status, TunnelError } from "./status";

/** Called with where an instruction is in `data`, which is UTF-8 there; the bytes are only lent. */
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
  /** The beginning of an instruction whose end has not come. */
  #rest = none;
  #kept = 0;
  #keptAscii = true;
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
    return this.#kept;
  }

  /**
   * All whole instructions that end with this chunk, in one piece: of the chunk itself, if the `room` bytes before
   * it are free for what was kept, else copied. Throws TunnelError for what is no such stream.
   */
  scan(chunk: Buffer, room = 0): Buffer {
    const ascii = isAscii(chunk);
    let at = this.#kept;
    const data = at > 0 ? this.#join(chunk, room) : chunk;
    const size = data.length;
    let start = 0;
    let left = this.#left;
    let plain = ascii && this.#keptAscii;
    while (at < size) {
      if (left < 0) {
        const byte = data[at++] ?? 0;
        if (byte === dot && this.#digits > 0) {
          left = this.#length;
          this.#length = 0;
          this.#digits = 0;
          if (at - start + left >= this.most) throw broken("is too long");
        } else if (byte >= 48 && byte <= 57 && this.#digits < mostDigits) {
          this.#length = this.#length * 10 + byte - 48;
          this.#digits++;
        } else throw broken("has no length");
        continue;
      }
      const end = ascii ? at + left : after(data, at, left);
      if (end >= size) {
        left -= ascii ? size - at : leads(data, at);
        break;
      }
      at = end + 1;
      left = -1;
      const terminator = data[end];
      if (terminator === comma) {
        if (++this.#elements >= mostElements) throw broken("has too many elements");
        continue;
      }
      if (terminator !== semicolon) throw broken("has a length that is not its own");
      this.#elements = 0;
      // Other bytes would be read differently here and there, and a browser closes its socket over them.
      if (!plain && !isUtf8(data.subarray(start, at))) throw broken("is not UTF-8");
      plain = ascii;
      this.seen(data, start, at);
      start = at;
    }
    this.#left = left;
    this.#keep(data, start, plain);
    return data.subarray(0, start);
  }

  /** What was kept, and after it the chunk. */
  #join(chunk: Buffer, room: number): Buffer {
    const kept = this.#rest.subarray(0, this.#kept);
    if (room < kept.length) return Buffer.concat([kept, chunk]);
    const data = Buffer.from(chunk.buffer, chunk.byteOffset - kept.length, kept.length + chunk.length);
    data.set(kept);
    return data;
  }

  /** Copied, or a few bytes would hold the whole chunk. */
  #keep(data: Buffer, start: number, ascii: boolean): void {
    this.#kept = data.length - start;
    this.#keptAscii = ascii || this.#kept === 0;
    if (this.#kept > this.most) throw broken("is too long");
    if (this.#kept > this.#rest.length) this.#rest = Buffer.alloc(Math.min(2 * this.#kept, this.most));
    data.copy(this.#rest, 0, start);
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

const broken = (why: string) => new TunnelError(status.upstreamError, `an instruction ${why}`);
