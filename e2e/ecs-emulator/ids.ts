/** Ids as the cloud's look, one after the other: the same run gives the same ids, another `world` others. */
export class Ids {
  #last = 0;

  constructor(private readonly world: string) {}

  next(prefix: string): string {
    const letters = (++this.#last).toString(36).padStart(8, "0");
    return `${prefix}bp1${this.world}${letters}`;
  }

  /** The id of an answer. */
  request(): string {
    const number = (++this.#last).toString(16).toUpperCase().padStart(12, "0");
    return `1AB0AD00-0000-4000-8000-${number}`;
  }
}
