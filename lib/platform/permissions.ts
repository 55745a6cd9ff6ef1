/** What a person may do in general; which object it is done to is decided by each noun's policy.ts. */
export const permissions = [
  "attempt.own", // start, use and end one's own attempts
  "course.create",
  "course.any", // act as teacher in every course
  "class.create",
  "class.any",
  "template.edit",
  "user.manage",
  "role.superadmin", // grant and take admin roles
  "host.manage",
  "workspace.any", // see and stop every workspace
  "job.view",
  "job.manage",
  "audit.view",
] as const;

export type Permission = (typeof permissions)[number];

export const roles = ["student", "assistant", "teacher", "admin", "superadmin"] as const;
export type Role = (typeof roles)[number];

const admin: Permission[] = [
  "course.create",
  "course.any",
  "class.create",
  "class.any",
  "template.edit",
  "user.manage",
  "host.manage",
  "workspace.any",
  "job.view",
  "job.manage",
  "audit.view",
];

/** What the roles table is filled with at first; the rows are what counts afterwards. */
export const defaultRoles: Record<Role, readonly Permission[]> = {
  student: ["attempt.own"],
  assistant: ["attempt.own"],
  teacher: ["attempt.own", "course.create", "class.create", "template.edit"],
  admin,
  superadmin: [...admin, "role.superadmin"],
};
