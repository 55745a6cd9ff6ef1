import { ERRORS, type Lock, type Locker, type RequestRelease } from "@tus/server";

type Held = { ask: RequestRelease; gone: Promise<void>; free: () => void };

/** One writer an upload in this process: who comes later asks the former to let go, and waits until it has. */
class UploadLocks implements Locker {
  private readonly held = new Map<string, Held>();

  newLock(id: string): Lock {
    return {
      lock: async (signal, ask) => {
        for (let other = this.held.get(id); other; other = this.held.get(id)) {
          await other.ask();
          await Promise.race([other.gone, aborted(signal)]);
          if (signal.aborted) throw ERRORS.ERR_LOCK_TIMEOUT;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.held.set(id, { ask, gone: promise, free: resolve });
      },
      unlock: async () => {
        const mine = this.held.get(id);
        this.held.delete(id);
        mine?.free();
      },
    };
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

export const uploadLocks = new UploadLocks();
