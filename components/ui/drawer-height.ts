/** The least a drawer shows, and the least it leaves of what is above it; pixels. */
export const leastHeight = 120;

/** A height for a drawer in a room of so many pixels: neither of the two ever disappears. */
export const fitHeight = (wanted: number, room: number): number =>
  Math.round(Math.max(leastHeight, Math.min(wanted, room - leastHeight)));
