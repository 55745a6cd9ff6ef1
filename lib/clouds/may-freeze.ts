import type { Ctx } from "@/lib/platform/context";
import { type CloudThing, can } from "./policy";

/** Whether the actor may keep the instance of this workspace as a class image. */
export const mayFreeze = ({ actor }: Pick<Ctx, "actor">, thing: CloudThing): boolean =>
  can(actor, "freeze", thing);
