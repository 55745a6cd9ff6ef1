export type Size = { width: number; height: number };

const least = { width: 800, height: 480 };
const most = { width: 3840, height: 2160 };

/** Even, because RDP makes odd widths even. */
const even = (value: number): number => Math.max(2, Math.floor(value / 2 + 1e-6) * 2);

/**
 * The size that a desktop should have to fill a room of so many CSS pixels. `density` is how many of its pixels go
 * into one of ours: 1, or devicePixelRatio where it can draw larger itself. A phone gets more of them, because no
 * program is usable in 390.
 */
export function wantedSize(room: Size, density: number): Size {
  const needed = Math.max(density, least.width / room.width, Math.min(least.height / room.height, 2));
  const allowed = Math.min(needed, most.width / room.width, most.height / room.height);
  return { width: even(room.width * allowed), height: even(room.height * allowed) };
}

/** How much a desktop is scaled to be seen whole in a room. */
export const scaleTo = (room: Size, shown: Size): number =>
  shown.width > 0 && shown.height > 0 ? Math.min(room.width / shown.width, room.height / shown.height) : 1;
