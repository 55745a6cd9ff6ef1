type Due = { at: number; order: number; run: () => void };

/**
 * The cloud's time, in ms. What is due runs in order of its time and sees exactly that time, however late somebody
 * looks: the same calls at the same times always give the same world.
 */
export class Clock {
  #offset = 0;
  #order = 0;
  #within: number | undefined;
  #due: Due[] = [];

  constructor(private readonly source: () => number) {}

  now(): number {
    return this.#within ?? this.source() + this.#offset;
  }

  /** Runs it once that time is reached; what is due already runs at the next `settle`. */
  at(time: number, run: () => void): void {
    const due = { at: time, order: this.#order++, run };
    const place = this.#due.findIndex((other) => other.at > time);
    if (place < 0) this.#due.push(due);
    else this.#due.splice(place, 0, due);
  }

  /** Brings the world up to the present. */
  settle(): void {
    if (this.#within !== undefined) return;
    const present = this.now();
    for (let due = this.#due[0]; due && due.at <= present; due = this.#due[0]) {
      this.#due.shift();
      this.#within = due.at;
      try {
        due.run();
      } finally {
        this.#within = undefined;
      }
    }
  }

  advance(ms: number): void {
    this.#offset += ms;
    this.settle();
  }

  /** How long until something happens by itself, in ms. */
  idleFor(): number | undefined {
    const [due] = this.#due;
    return due && Math.max(0, due.at - this.now());
  }
}

/** `2026-11-21T18:04:05Z`, as the API writes most times. */
export const second = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
/** `2026-11-21T18:04Z`, as instances have them. */
export const minute = (time: number): string => `${new Date(time).toISOString().slice(0, 16)}Z`;
