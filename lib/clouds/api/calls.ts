import type Ecs from "@alicloud/ecs20140526";

/** Everything that is ever asked of the cloud, by what it does: the RAM policy in docs/clouds.md grants these alone. */
export const calls = {
  /** Change nothing. */
  read: [
    "DescribeAvailableResource",
    "DescribeDisks",
    "DescribeEipAddresses",
    "DescribeImages",
    "DescribeInstanceHistoryEvents",
    "DescribeInstances",
    "DescribeInstanceTypes",
    "DescribeLaunchTemplates",
    "DescribePrice",
    "DescribeRegions",
    "DescribeSecurityGroups",
    "DescribeSnapshots",
    "DescribeVSwitches",
    "DescribeZones",
  ],
  /** Make what costs money; each tags what it makes. */
  make: ["RunInstances", "CreateSnapshot", "CreateImage"],
  /** Change or remove what is there: only what carries our tag. */
  change: [
    "StartInstance",
    "StopInstance",
    "DeleteInstance",
    "ModifyInstanceAttribute",
    "ModifyInstanceAutoReleaseTime",
    "ReplaceSystemDisk",
    "DeleteDisk",
    "DeleteSnapshot",
    "DeleteImage",
    "ReleaseEipAddress",
  ],
} as const;

export type Action = (typeof calls)[keyof typeof calls][number];
export const actions: readonly Action[] = [...calls.read, ...calls.make, ...calls.change];

type Method<A extends Action> = Uncapitalize<A>;

/** The data of a model of the SDK without its methods, and of all models in it. */
type Data<T> = T extends (infer U)[]
  ? Data<U>[]
  : T extends object
    ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]?: Data<T[K]> }
    : T;

/** What a call takes and gives, in the names of the SDK. */
export type Asked<A extends Action> = Data<Parameters<Ecs[Method<A>]>[0]>;
export type Answer<A extends Action> = NonNullable<Awaited<ReturnType<Ecs[Method<A>]>>["body"]>;
