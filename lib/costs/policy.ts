import type { Actor } from "@/lib/platform/context";

/** `see`: what a course costs. `allow`: let starts go on past its budget. `seeAll`, `setBudget`: whoever pays the bill. */
export type CostAction = "see" | "allow" | "seeAll" | "setBudget";

/** Who may do what with the costs of a course: its teachers and administrators. Assistants and students see none. */
export function can(
  actor: Actor,
  action: CostAction,
  role: "teacher" | "assistant" | "student" | null,
): boolean {
  if (actor.type === "system") return true;
  if (actor.type === "nobody") return false;
  const pays = actor.permissions.has("host.manage");
  if (action === "seeAll" || action === "setBudget") return pays;
  return role === "teacher" || actor.permissions.has("course.any");
}
