/**
 * Follows the frames of one direction of a WebSocket without keeping their content: counts the data
 * frames, and knows whether the bytes so far end with a whole frame.
 */
export class FrameScanner {
  #head: number[] = [];
  #skip = 0;

  /** True between frames: a frame of ours may go there. */
  get atBoundary(): boolean {
    return this.#skip === 0 && this.#head.length === 0;
  }

  /** How many text or binary frames began in this chunk. */
  feed(chunk: Uint8Array): number {
    let data = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      this.#head.push(chunk[at++] ?? 0);
      const length = this.#payload();
      if (length === null) continue;
      const opcode = (this.#head[0] ?? 0) & 0x0f;
      if (opcode === 1 || opcode === 2) data++;
      this.#head = [];
      this.#skip = length;
    }
    return data;
  }

  /** Length of what follows the head, or null while the head is not whole. */
  #payload(): number | null {
    const head = this.#head;
    const second = head[1];
    if (second === undefined) return null;
    const short = second & 0x7f;
    const extended = short === 127 ? 8 : short === 126 ? 2 : 0;
    const mask = second & 0x80 ? 4 : 0;
    if (head.length < 2 + extended + mask) return null;
    if (extended === 0) return short;
    let length = 0;
    for (let i = 0; i < extended; i++) length = length * 256 + (head[2 + i] ?? 0);
    return length;
  }
}

/** The head of an unmasked text frame of that many bytes, as servers send it. */
export function textHead(length: number): Buffer {
  if (length < 126) return Buffer.of(0x81, length);
  if (length < 65_536) return Buffer.of(0x81, 126, length >> 8, length & 0xff);
  const head = Buffer.alloc(10);
  head[0] = 0x81;
  head[1] = 127;
  head.writeUIntBE(length, 4, 6);
  return head;
}

/** An unmasked close frame, as servers send it. */
export function closeFrame(code: number, reason = ""): Buffer {
  const text = Buffer.from(reason, "utf8").subarray(0, 120);
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = 0x88;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}
