const [cr, lf] = [13, 10];

export type Heard = "more" | "done" | "broken";

/**
 * Follows an answer's body to its end without keeping it: so many bytes, or chunks. Chunks are read strictly,
 * because they go on as they came: sizes of at most eight digits, nothing beside them, no trailer. A byte after
 * the end is none of the body's.
 */
export class Body {
  #left: number;
  readonly #chunked: boolean;
  #at: "size" | "size lf" | "data" | "data cr" | "data lf" | "end cr" | "end lf" = "size";
  #digits = 0;

  /** Of so many bytes; null: in chunks. */
  constructor(length: number | null) {
    this.#left = length ?? 0;
    this.#chunked = length === null;
  }

  feed(bytes: Uint8Array, from = 0): Heard {
    if (this.#chunked) return this.#feedChunks(bytes, from);
    this.#left -= bytes.length - from;
    return this.#left > 0 ? "more" : this.#left === 0 ? "done" : "broken";
  }

  #feedChunks(bytes: Uint8Array, from: number): Heard {
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0;
      switch (this.#at) {
        case "size":
          if (byte === cr && this.#digits > 0) this.#at = "size lf";
          else if (!this.#digit(byte)) return "broken";
          break;
        case "size lf":
          if (byte !== lf) return "broken";
          this.#digits = 0;
          this.#at = this.#left > 0 ? "data" : "end cr";
          break;
        case "data": {
          const step = Math.min(this.#left, bytes.length - i);
          this.#left -= step;
          i += step - 1;
          if (this.#left === 0) this.#at = "data cr";
          break;
        }
        case "data cr":
        case "end cr":
          if (byte !== cr) return "broken";
          this.#at = this.#at === "data cr" ? "data lf" : "end lf";
          break;
        case "data lf":
          if (byte !== lf) return "broken";
          this.#at = "size";
          break;
        case "end lf":
          return byte === lf && i === bytes.length - 1 ? "done" : "broken";
      }
    }
    return "more";
  }

  #digit(byte: number): boolean {
    const value = Number.parseInt(String.fromCharCode(byte), 16);
    this.#left = this.#left * 16 + value;
    return !Number.isNaN(value) && ++this.#digits <= 8;
  }
}
