import type { Scenario } from "./scenario";
import { basics } from "./scenarios-basics";
import { endings } from "./scenarios-endings";
import { flow } from "./scenarios-flow";

/** The conformance list: what every executor that drives our functions must do. */
export const scenarios: Scenario[] = [...basics, ...endings, ...flow];
