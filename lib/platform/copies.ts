// How many copies of the service live, as the heartbeat of this one counted them last: what all of them share from
// outside, such as the limits of an account, is divided by it. On globalThis: Next's bundle and server.ts ask one.
const shared = globalThis as typeof globalThis & { labyardCopies?: number };

/** At least one: this. */
export const liveCopies = (): number => Math.max(1, shared.labyardCopies ?? 1);

export const noteCopies = (count: number): void => {
  shared.labyardCopies = count;
};
