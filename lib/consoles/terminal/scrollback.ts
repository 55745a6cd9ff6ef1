/**
 * The last bytes that a terminal printed, in a ring that never grows beyond its limit. Positions count from the
 * first byte ever. What went out of it and still matters, private modes such as the alternate screen, is
 * remembered, so that a replay looks like the terminal that was there all along.
 */
export class Scrollback {
  #ring: Buffer;
  #start = 0;
  #end = 0;
  readonly #modes = new ModeScanner();

  constructor(readonly limit: number) {
    this.#ring = Buffer.allocUnsafe(Math.min(limit, 8 * 1024));
  }

  /** Position of the oldest byte that is kept. */
  get start(): number {
    return this.#start;
  }
  /** Position after the last byte. */
  get end(): number {
    return this.#end;
  }

  append(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      const part = rest.subarray(0, this.limit);
      this.#makeRoom(part.length);
      for (let done = 0; done < part.length; ) {
        const at = (this.#end + done) % this.#ring.length;
        done += part.copy(this.#ring, at, done);
      }
      this.#end += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** A copy of at most `most` bytes from a position that is kept. */
  read(from: number, most: number): Buffer {
    const length = Math.min(most, this.#end - from);
    const at = from % this.#ring.length;
    const first = this.#ring.subarray(at, Math.min(at + length, this.#ring.length));
    return Buffer.concat([first, this.#ring.subarray(0, length - first.length)]);
  }

  /** Where a replay begins, so that it cuts no character and hardly a sequence, and what must be written first. */
  replay(): { position: number; prefix: string } {
    // CAN ends a sequence that was cut off, then a full reset.
    const clear = "\u0018\u001bc";
    if (this.#start === 0) return { position: 0, prefix: clear };
    const head = this.read(this.#start, 8 * 1024);
    const line = head.indexOf(10);
    let skip = line + 1;
    if (line < 0) while (skip < 4 && ((head[skip] ?? 0) & 0xc0) === 0x80) skip++;
    const modes = this.#modes.copy();
    modes.scan(head.subarray(0, skip));
    return { position: this.#start + skip, prefix: clear + modes.sequences() };
  }

  #makeRoom(length: number): void {
    const wanted = this.#end - this.#start + length;
    if (wanted > this.#ring.length && this.#ring.length < this.limit) {
      const kept = this.read(this.#start, this.limit);
      const ring = Buffer.allocUnsafe(Math.min(this.limit, Math.max(wanted, this.#ring.length * 2)));
      for (let done = 0; done < kept.length; )
        done += kept.copy(ring, (this.#start + done) % ring.length, done);
      this.#ring = ring;
    }
    const over = wanted - this.#ring.length;
    if (over <= 0) return;
    this.#modes.scan(this.read(this.#start, over));
    this.#start += over;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const modeSequence = /\u001b(?:c|\[\?([\d;]{1,40})([hl]))/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, cut off at the end.
const cutSequence = /\u001b(?:\[(?:\?[\d;]{0,40})?)?$/;
/** Cursor keys, wrap, cursor, screens, mouse, focus, bracketed paste: those whose loss is seen or felt. */
const kept = new Set([1, 7, 25, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1047, 1049, 2004]);

/** Follows which private modes are set in bytes that are forgotten afterwards. */
class ModeScanner {
  #set = new Map<number, boolean>();
  #cut = "";

  scan(bytes: Buffer): void {
    if (this.#cut === "" && !bytes.includes(0x1b)) return;
    const text = this.#cut + bytes.toString("latin1");
    for (const [, numbers, how] of text.matchAll(modeSequence)) {
      if (numbers === undefined) this.#set.clear();
      for (const mode of (numbers ?? "").split(";").map(Number))
        if (kept.has(mode)) this.#set.set(mode, how === "h");
    }
    this.#cut = cutSequence.exec(text)?.[0] ?? "";
  }

  sequences(): string {
    return [...this.#set].map(([mode, on]) => `\u001b[?${mode}${on ? "h" : "l"}`).join("");
  }

  copy(): ModeScanner {
    const other = new ModeScanner();
    other.#set = new Map(this.#set);
    other.#cut = this.#cut;
    return other;
  }
}
