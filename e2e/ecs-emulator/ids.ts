/** Ids as the cloud's look, one after the other: the same run gives the same ids. */
export class Ids {
  #last = 0;

  next(prefix: string): string {
    const letters = (++this.#last).toString(36).padStart(8, "0");
    return `${prefix}bp1labyard${letters}`;
  }

  /** The id of an answer. */
  request(): string {
    const number = (++this.#last).toString(16).toUpperCase().padStart(12, "0");
    return `1AB0AD00-0000-4000-8000-${number}`;
  }
}
