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
  /** Where in the rest the element begins that is not complete, and how many came before it. */
  #at = 0;
  #elements = 0;
  /** Of the element whose length was read last, in code points. */
  #length = 0;

  constructor(
    readonly most: number,
    private readonly seen: Seen,
  ) {}

  /** Bytes of an unfinished instruction that are kept now. */
  get kept(): number {
    return this.#rest.length;
  }

  /** All whole instructions that end with this chunk; throws TunnelError for what is no such stream. */
  scan(chunk: Buffer): Buffer {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const ascii = isAscii(data);
    const size = data.length;
    let start = 0;
    let at = this.#at;
    while (at < size) {
      const text = this.#lengthEnd(data, at);
      if (text < 0) break;
      const end = ascii ? text + this.#length : after(data, text, this.#length);
      if (text + this.#length - start >= this.most || end - start >= this.most) throw broken("is too long");
      if (end < 0 || end >= size) break;
      const terminator = data[end];
      at = end + 1;
      if (terminator === semicolon) {
        this.#elements = 0;
        this.seen(data, start, at);
        start = at;
      } else if (terminator !== comma) throw broken("has a length that is not its own");
      else if (++this.#elements >= mostElements) throw broken("has too many elements");
    }
    if (size - start > this.most) throw broken("is too long");
    // Copied, or a few bytes would hold the whole chunk.
    this.#rest = start < size ? Buffer.from(data.subarray(start)) : none;
    this.#at = at - start;
    const whole = start === size ? data : data.subarray(0, start);
    if (!ascii && !isUtf8(whole)) throw broken("is not UTF-8");
    return whole;
  }

  /** Reads the element's length; where its text begins, or -1 while its digits are not all there. */
  #lengthEnd(data: Buffer, from: number): number {
    let length = 0;
    const last = Math.min(data.length, from + mostDigits + 1);
    for (let i = from; i < last; i++) {
      const byte = data[i] ?? 0;
      if (byte === dot && i > from) {
        this.#length = length;
        return i + 1;
      }
      if (byte < 48 || byte > 57) throw broken("has no length");
      length = length * 10 + byte - 48;
    }
    if (last === from + mostDigits + 1) throw broken("has no length");
    return -1;
  }
}

/** Where the terminator after so many code points is; -1 if it is not there yet. */
function after(data: Buffer, from: number, points: number): number {
  let left = points;
  for (let i = from; i < data.length; i++) {
    // Not a continuation of the character before it.
    if (((data[i] ?? 0) & 0xc0) !== 0x80 && left-- === 0) return i;
  }
  return -1;
}

const broken = (why: string) => new TunnelError(status.upstreamError, `an instruction ${why}`);
