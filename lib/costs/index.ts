// What the clouds cost, whom it is for, and what a course may spend. Knows no driver and no cloud: prices are given.
export { meterResource, meterWorkspace } from "./meter";
