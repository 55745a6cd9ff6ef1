import type { Actor } from "@/lib/platform/context";
import type { Role } from "@/lib/platform/permissions";

export type AccountAction =
  | "list" // the people of the whole installation
  | "view"
  | "create"
  | "import" // accounts of students, out of a roster
  | "edit"
  | "setRoles"
  | "suspend"
  | "resetPassword"
  | "endSession"
  | "changePassword";

/** Whose account it is, and what they already are. */
export type AccountThing = { id?: string; roles?: readonly Role[]; newRoles?: readonly Role[] };

const privileged = (held: readonly Role[] = []) => held.includes("admin") || held.includes("superadmin");

/** Who may do what to which account. An admin never touches another admin: that is the superadmin's. */
export function can(actor: Actor, action: AccountAction, thing: AccountThing = {}): boolean {
  if (actor.type === "nobody") return false;
  if (actor.type === "system") return true;
  const self = thing.id === actor.id;
  const manage = actor.permissions.has("user.manage");
  const above =
    actor.permissions.has("role.superadmin") ||
    !privileged([...(thing.roles ?? []), ...(thing.newRoles ?? [])]);
  switch (action) {
    case "changePassword":
    case "endSession":
      return self;
    case "view":
      return self || manage;
    case "list":
      return manage;
    case "import":
      return manage || actor.permissions.has("class.create") || actor.permissions.has("class.any");
    case "create":
      return manage && above;
    case "edit":
      return manage && (above || self);
    case "setRoles":
      return manage && above;
    case "suspend":
    case "resetPassword":
      return manage && above && !self;
  }
}
