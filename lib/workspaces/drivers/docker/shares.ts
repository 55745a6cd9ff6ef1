type Waiting = { key: string | undefined; go: () => void };

/**
 * So many turns at once, and of one key no more than its share: whoever asks for many holds up nobody but
 * themselves. The first in line whose key has a turn left is next; without a key the share does not count.
 */
export class Shares {
  private busy = 0;
  private readonly held = new Map<string, number>();
  private readonly line: Waiting[] = [];

  constructor(private readonly limits: { atOnce: number; ofOne: number }) {}

  /** How many wait for a turn of this key. */
  waiting(key: string): number {
    return this.line.filter((one) => one.key === key).length;
  }

  /** Waits for a turn and gives the way to give it back, which may be called twice; rejects when given up. */
  async take(key: string | undefined, givenUp?: AbortSignal): Promise<() => void> {
    if (this.isFree(key)) this.count(key, 1);
    else await this.stand(key, givenUp);
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      this.count(key, -1);
      this.next();
    };
  }

  private stand(key: string | undefined, givenUp?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.line.splice(this.line.indexOf(waiting), 1);
        reject(givenUp?.reason);
      };
      const waiting: Waiting = {
        key,
        go: () => {
          givenUp?.removeEventListener("abort", leave);
          resolve();
        },
      };
      givenUp?.addEventListener("abort", leave, { once: true });
      this.line.push(waiting);
    });
  }

  private isFree(key: string | undefined): boolean {
    const ofKey = key === undefined ? 0 : (this.held.get(key) ?? 0);
    return this.busy < this.limits.atOnce && ofKey < this.limits.ofOne;
  }

  private count(key: string | undefined, change: 1 | -1): void {
    this.busy += change;
    if (key === undefined) return;
    const left = (this.held.get(key) ?? 0) + change;
    if (left > 0) this.held.set(key, left);
    else this.held.delete(key);
  }

  private next(): void {
    const at = this.line.findIndex(({ key }) => this.isFree(key));
    const [first] = at < 0 ? [] : this.line.splice(at, 1);
    if (!first) return;
    // Counted here, not when it wakes: whoever asks meanwhile must not find the turn free.
    this.count(first.key, 1);
    first.go();
  }
}
