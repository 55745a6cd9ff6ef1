export type Size = { width: number; height: number };

const least = { width: 800, height: 480 };
const most = { width: 3840, height: 2160 };

/** Even, because RDP makes odd widths even. */
const even = (value: number): number => Math.max(2, Math.floor(value / 2 + 1e-6) * 2);

/** What a desktop is asked to be: its pixels, and how many of them go into an inch as people see it, 96 as a rule. */
export type Wanted = Size & { dpi: number };

/**
 * What a desktop should be to fill a room of so many CSS pixels with every pixel of a screen that has `ratio` of them
 * for each. It draws larger itself, so that what it shows is as large as on any screen; on a phone smaller, because no
 * program is usable in 390. `fine`: text as small as the pixels allow, for more room.
 */
export function wantedSize(room: Size, ratio: number, fine = false): Wanted {
  const roomy = Math.max(1, least.width / room.width, Math.min(least.height / room.height, 2));
  const sharp = Math.max(ratio, roomy);
  const pixels = Math.min(sharp, most.width / room.width, most.height / room.height);
  const scale = fine ? 1 : Math.max(1, pixels / roomy);
  return {
    width: even(room.width * pixels),
    height: even(room.height * pixels),
    dpi: Math.round(96 * scale),
  };
}

/** How much a desktop is scaled to be seen whole in a room. */
export const scaleTo = (room: Size, shown: Size): number =>
  shown.width > 0 && shown.height > 0 ? Math.min(room.width / shown.width, room.height / shown.height) : 1;
