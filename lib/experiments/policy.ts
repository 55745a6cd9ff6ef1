import type { Actor } from "@/lib/platform/context";

/** `watch`: read everything, see the class at work, extend and stop. `edit`: change the experiment. */
export type ExperimentAction = "watch" | "edit";
export type ExperimentThing = {
  /** The actor's role in the experiment's course. */
  role: "teacher" | "assistant" | "student" | null;
  archived: boolean;
  courseArchived: boolean;
};

export function can(actor: Actor, action: ExperimentAction, thing: ExperimentThing): boolean {
  if (actor.type === "system") return true;
  if (actor.type === "nobody") return false;
  const teaches = thing.role === "teacher" || actor.permissions.has("course.any");
  switch (action) {
    case "watch":
      return teaches || thing.role === "assistant";
    case "edit":
      return teaches && !thing.archived && !thing.courseArchived;
  }
}
