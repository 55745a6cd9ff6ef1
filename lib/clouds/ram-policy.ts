import { calls } from "./api/calls";

/** Deprecated in ECS, and asked of the VPC's own permission there. */
const vpc = ["vpc:DescribeVSwitches", "vpc:DescribeEipAddresses", "vpc:ReleaseEipAddress"];
const ecs = (actions: readonly string[]) => actions.map((action) => `ecs:${action}`);

/**
 * The least that our keys have to be granted: to look everywhere, to make only what carries our tag, to change and
 * delete only what carries it.
 */
export const ramPolicy = (deployId: string, regionIds: readonly string[]) => ({
  Version: "1",
  Statement: [
    { Effect: "Allow", Action: [...ecs(calls.read), ...vpc], Resource: "*" },
    {
      Effect: "Allow",
      Action: ecs(calls.make),
      Resource: regionIds.map((regionId) => `acs:ecs:${regionId}:*:*`),
      Condition: { StringEquals: { "acs:RequestTag/lab:deploy": deployId } },
    },
    {
      Effect: "Allow",
      Action: ecs(calls.change),
      Resource: regionIds.map((regionId) => `acs:ecs:${regionId}:*:*`),
      Condition: { StringEquals: { "acs:ResourceTag/lab:deploy": deployId } },
    },
  ],
});
