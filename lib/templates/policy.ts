import type { Actor } from "@/lib/platform/context";

export type TemplateAction = "view" | "use" | "edit";
export type TemplateThing = { createdBy: string; visibility: "own" | "shared"; archived: boolean };

/** Who may do what with a template. Editing is the author's; administrators may everything. */
export function can(actor: Actor, action: TemplateAction, template: TemplateThing): boolean {
  if (actor.type === "system") return true;
  if (actor.type === "nobody" || !actor.permissions.has("template.edit")) return false;
  const mine = template.createdBy === actor.id || actor.permissions.has("course.any");
  switch (action) {
    case "view":
      return mine || template.visibility === "shared";
    case "use":
      return !template.archived && (mine || template.visibility === "shared");
    case "edit":
      return mine;
  }
}
