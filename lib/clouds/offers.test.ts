import { expect, test } from "vitest";
import type { CloudSpec } from "@/db/schema/templates";
import { offerName, offersOf } from "./offers";

const spec = {
  instanceTypes: ["ecs.a", "ecs.b"],
  vSwitches: [
    { zoneId: "z-1", vSwitchId: "v-1" },
    { zoneId: "z-2", vSwitchId: "v-2" },
  ],
};
const names = (spot: CloudSpec["spot"]) => offersOf({ ...spec, spot }).map(offerName);

test("all zones with the first type, then with the next; spot before anything on demand", () => {
  const onDemand = ["z-1 ecs.a", "z-2 ecs.a", "z-1 ecs.b", "z-2 ecs.b"];
  const spot = onDemand.map((name) => `${name} spot`);
  expect(names("never")).toEqual(onDemand);
  expect(names("only")).toEqual(spot);
  expect(names("first")).toEqual([...spot, ...onDemand]);
});
