import type { Answer } from "../answer";
import { type Region, regionOf } from "../catalog";
import type { Cloud } from "../cloud";
import type { Parameters } from "../parameters";
import { Refusal, unknownThing } from "../refusal";

/** One call that was let in: who does what with which parameters. */
export class Call {
  constructor(
    readonly cloud: Cloud,
    readonly asked: Parameters,
  ) {}

  region(): Region {
    const id = this.asked.need("RegionId");
    const region = regionOf(id);
    if (!region) throw unknownThing("RegionId", id);
    return region;
  }

  /** Everything is checked, nothing is done yet: a dry run ends here, as the cloud's does, with an error. */
  checked(): void {
    if (!this.asked.flag("DryRun")) return;
    throw new Refusal(400, "DryRunOperation", "Request validation has been passed with DryRun flag set.");
  }
}

/** What an action does; an answer without `RequestId`, which each gets. */
export type Action = (call: Call) => Answer;
