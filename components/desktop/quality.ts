export type Quality = "good" | "fair" | "poor";

const fairMs = 150;
const poorMs = 400;
/** How much one ping counts against what was known. */
const weight = 0.3;

/** The round trip that people feel, out of the last ones; milliseconds. */
export const smooth = (known: number | null, ms: number): number =>
  known === null ? ms : known + weight * (ms - known);

/** How a round trip feels. */
export const qualityOf = (ms: number): Quality => (ms < fairMs ? "good" : ms < poorMs ? "fair" : "poor");
