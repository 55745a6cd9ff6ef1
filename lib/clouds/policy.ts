import type { Actor } from "@/lib/platform/context";

/** `manage`: accounts, regions, what is kept, the leak report. `browse`: what a region has to offer, for a template. */
export type CloudAction = "manage" | "browse" | "freeze";
/** The workspace of whose instance an image is made. */
export type CloudThing = { userId: string | null };

/** Who may do what with the clouds. An image is made by who works in the instance, and may make templates. */
export function can(actor: Actor, action: CloudAction, thing: CloudThing = { userId: null }): boolean {
  if (actor.type === "system") return true;
  if (actor.type === "nobody") return false;
  switch (action) {
    case "manage":
      return actor.permissions.has("host.manage");
    case "browse":
      return actor.permissions.has("template.edit") || actor.permissions.has("host.manage");
    case "freeze":
      return (
        actor.permissions.has("template.edit") &&
        (thing.userId === actor.id || actor.permissions.has("workspace.any"))
      );
  }
}
