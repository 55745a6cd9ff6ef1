import type { Actor } from "@/lib/platform/context";

export type CourseRole = "teacher" | "assistant" | "student";
/** `watch`: see the class at work, extend and stop. `edit`: everything that changes the course itself. */
export type CourseAction = "view" | "watch" | "edit" | "restore";
export type CourseThing = { role: CourseRole | null; archived: boolean };

/** Who may do what in a course. Its students see experiments, not the course's pages. */
export function canCourse(actor: Actor, action: CourseAction, course: CourseThing): boolean {
  if (actor.type === "system") return true;
  if (actor.type === "nobody") return false;
  const teaches = course.role === "teacher" || actor.permissions.has("course.any");
  const assists = teaches || course.role === "assistant";
  switch (action) {
    case "view":
    case "watch":
      return assists;
    case "edit":
      return teaches && !course.archived;
    case "restore":
      return teaches;
  }
}

export type ClassAction = "view" | "edit" | "archive";
/** `role`: the best role that the actor has in any course which the class takes. */
export type ClassThing = { createdBy: string; role: CourseRole | null; archived: boolean };

/** Who may see a roster and change it: who made it, the teachers who teach it, and administrators. */
export function canClass(actor: Actor, action: ClassAction, thing: ClassThing): boolean {
  if (actor.type === "system") return true;
  if (actor.type === "nobody") return false;
  const owns = thing.createdBy === actor.id || actor.permissions.has("class.any");
  switch (action) {
    case "view":
      return owns || thing.role === "teacher" || thing.role === "assistant";
    case "edit":
      return !thing.archived && (owns || thing.role === "teacher");
    case "archive":
      return owns;
  }
}
