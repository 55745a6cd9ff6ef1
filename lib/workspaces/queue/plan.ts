import type { Waiting } from "./order";

/** A host as the plan sees it. */
export type Room = {
  id: string;
  driver: "docker" | "ecs";
  /** It takes workspaces: not closed, and it answers. */
  open: boolean;
  memoryMb: number;
  freeMemoryMb: number;
  freeDiskMb: number;
};

/** After so long nobody behind may take memory that somebody in front needs. */
export const overtakeMs = 60_000;

/**
 * Who gets room now. In order; whoever finds none may be overtaken by smaller ones for a minute, then a host
 * is kept free for them until they fit. Workspace → host; does not change what it is given.
 */
export function planPlaces(
  order: readonly Waiting[],
  hosts: readonly Room[],
  nowMs: number,
): Map<string, string> {
  const rooms = hosts.map((host) => ({ ...host, kept: false }));
  const places = new Map<string, string>();
  for (const one of order) {
    const reachable = rooms.filter((room) => room.open && mayTake(room, one));
    const fits = reachable.filter((room) => room.freeDiskMb >= one.diskMb && !room.kept);
    const [best] = fits
      .filter((room) => room.freeMemoryMb >= one.memoryMb)
      .sort((a, b) => b.freeMemoryMb / b.memoryMb - a.freeMemoryMb / a.memoryMb || (a.id < b.id ? -1 : 1));
    if (best) {
      best.freeMemoryMb -= one.memoryMb;
      best.freeDiskMb -= one.diskMb;
      places.set(one.id, best.id);
      continue;
    }
    // Disk does not come back by waiting: for it, nobody else is held up.
    const [target] = fits
      .filter((room) => room.memoryMb >= one.memoryMb)
      .sort((a, b) => b.freeMemoryMb - a.freeMemoryMb || (a.id < b.id ? -1 : 1));
    if (target && nowMs - one.sinceMs >= overtakeMs) target.kept = true;
  }
  return places;
}

/** Whether it is a host of the right kind, and the one that is asked for. */
export const mayTake = (
  host: Pick<Room, "id" | "driver">,
  one: Pick<Waiting, "hostId" | "driver">,
): boolean => host.driver === one.driver && (one.hostId === null || one.hostId === host.id);

/** No host could ever take it, however empty: waiting would never end. Hosts that are silent now count. */
export function fitsNowhere(
  one: Pick<Waiting, "memoryMb" | "hostId" | "driver"> & { homeMb: number },
  hosts: readonly (Pick<Room, "id" | "driver" | "memoryMb"> & { diskMb: number; known: boolean })[],
): boolean {
  // The home of one in a cloud lies on a Docker host.
  const disks = hosts.filter(({ driver }) => one.driver === "ecs" && driver === "docker");
  if (disks.length > 0 && disks.every(({ known, diskMb }) => known && diskMb < one.homeMb)) return true;
  const possible = hosts.filter((host) => mayTake(host, one));
  if (possible.length === 0 || possible.some(({ known }) => !known)) return false;
  return possible.every(
    (host) => host.memoryMb < one.memoryMb || (one.hostId === null && host.diskMb < one.homeMb),
  );
}
