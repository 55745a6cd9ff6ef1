import { z } from "zod";
import { roles } from "@/lib/platform/permissions";
import { normalUsername, plainText } from "./username";

// No messages here: the form has a sentence for every kind of issue, in both languages.

const usernameSchema = z
  .string()
  .max(200)
  .transform((typed, issues) => {
    const name = normalUsername(typed);
    if (name) return name;
    issues.addIssue({ code: "custom", input: typed });
    return z.NEVER;
  });

const nameSchema = z.string().max(200).transform(plainText).pipe(z.string().min(1).max(100));

const numberSchema = z
  .string()
  .max(200)
  .transform(plainText)
  .pipe(z.string().max(64))
  .transform((number) => number || null)
  .nullish()
  .transform((number) => number ?? null);

const emailSchema = z
  .string()
  .transform((typed) => plainText(typed).toLowerCase())
  .pipe(z.union([z.literal(""), z.email().max(200)]))
  .transform((email) => email || null)
  .nullish()
  .transform((email) => email ?? null);

const userId = z.string().length(26);
const typedPassword = z.string().min(1).max(1000);

export const signInSchema = z.object({ username: z.string().max(200), password: z.string().max(1000) });

export const changePasswordSchema = z.object({ current: typedPassword, next: typedPassword });

const roleSchema = z.enum(roles);

const person = { name: nameSchema, number: numberSchema, email: emailSchema };

export const createUserSchema = z.object({
  username: usernameSchema,
  ...person,
  roles: z.array(roleSchema).min(1),
});

export const updateUserSchema = z.object({ userId, ...person });
export const setRolesSchema = z.object({ userId, roles: z.array(roleSchema).min(1) });
export const userIdSchema = z.object({ userId });
export const endSessionSchema = z.object({ sessionId: z.string().length(26) });

export const setUpSchema = z.object({
  token: z.string().trim().min(1).max(200),
  username: usernameSchema,
  name: nameSchema,
  password: typedPassword,
});

export const listUsersSchema = z.object({
  search: z.string().trim().max(100).default(""),
  role: roleSchema.optional().catch(undefined),
  status: z.enum(["active", "suspended"]).optional().catch(undefined),
  after: z.string().max(200).optional(),
  limit: z.number().int().min(1).max(100).default(50),
});

/** One line of a roster. */
export const accountRowSchema = z.object({ username: usernameSchema, ...person });
export const accountRowsSchema = z.array(accountRowSchema).min(1).max(2000);
