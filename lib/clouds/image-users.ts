import type { Answer } from "./api/calls";

type Image = NonNullable<NonNullable<Answer<"DescribeImages">["images"]>["image"]>[number];

/** The accounts of an image that the cloud can give a password to, the better one first: newer Linux need no root. */
export const usersOf = ({ OSType, loginAsNonRootSupported }: Image): string[] =>
  OSType === "windows" ? ["Administrator"] : loginAsNonRootSupported ? ["ecs-user", "root"] : ["root"];
