import { type CloudResourceKind, cloudResourceKinds } from "@/db/schema/clouds";

/** Kinds of things that cost money in a cloud, for filters. */
export const resourceKinds: readonly [CloudResourceKind, ...CloudResourceKind[]] = cloudResourceKinds;
