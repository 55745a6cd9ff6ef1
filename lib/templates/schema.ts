import { z } from "zod";
import { protocols } from "@/db/schema/templates";

/** Names that the platform sets inside a workspace, or that would change how its start-up behaves. */
const reservedNames =
  /^(PATH|HOME|USER|LOGNAME|SHELL|PWD|HOSTNAME|LANG|LC_.*|LD_.*|JUPYTER.*|LABYARD.*|PYTHONSTARTUP|BASH_ENV|ENV)$/;

const envNamePattern = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** A registry name without a port trick or an option: `[host[:port]/]path[:tag][@sha256:…]`, lower case. */
const imagePattern =
  /^(?!-)(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{2,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

/** Bounds of every number in a template; the form shows them, the schema refuses outside of them. */
export const templateLimits = {
  cpus: [0.1, 16],
  memoryMb: [128, 65_536],
  processes: [32, 4096],
  diskMb: [64, 51_200],
  startTimeoutSeconds: [20, 600],
} as const;

type Limited = keyof typeof templateLimits;

const between = (name: Limited) => {
  const [least, most] = templateLimits[name];
  const message = `teach.range.${name}`;
  return z.coerce.number(message).min(least, message).max(most, message);
};
const wholeBetween = (name: Limited) => between(name).int("teach.field.whole");

const variable = z.object({
  name: z
    .string()
    .trim()
    .regex(envNamePattern, "teach.field.envName")
    .refine((name) => !reservedNames.test(name), "teach.field.envReserved"),
  value: z
    .string()
    .max(2000, "teach.field.tooLong")
    .refine((value) => !value.includes("\0"), "teach.field.controlCharacter"),
});

const templateSpecSchema = z.object({
  driver: z.literal("docker"),
  protocol: z.enum(protocols).default("jupyter"),
  image: z
    .string()
    .trim()
    .min(1, "teach.field.required")
    .max(255, "teach.field.tooLong")
    .regex(imagePattern, "teach.field.image"),
  cpus: between("cpus"),
  memoryMb: wholeBetween("memoryMb"),
  processes: wholeBetween("processes"),
  diskMb: wholeBetween("diskMb"),
  env: z.record(z.string(), z.string()),
  network: z.enum(["none", "internet"]),
  startTimeoutSeconds: wholeBetween("startTimeoutSeconds"),
});

/** What the form holds: the spec with its variables as rows. */
export const templateFields = z.object({
  name: z.string().trim().min(1, "teach.field.required").max(120, "teach.field.tooLong"),
  description: z.string().trim().max(4000, "teach.field.tooLong").default(""),
  visibility: z.enum(["own", "shared"]).default("shared"),
  ...templateSpecSchema.omit({ env: true, driver: true }).shape,
  env: z
    .array(variable)
    .max(50, "teach.field.tooMany")
    .refine((rows) => new Set(rows.map((row) => row.name)).size === rows.length, "teach.field.envTwice")
    .default([]),
});
export type TemplateFields = z.infer<typeof templateFields>;

const id = z.string().length(26);

export const editTemplateInput = templateFields.extend({
  templateId: id,
  /** The version that the editor saw: another one saved meanwhile is a conflict, not lost. */
  basedOn: id,
});
export const templateIdInput = z.object({ templateId: id });
export const duplicateTemplateInput = z.object({ templateId: id, name: templateFields.shape.name });
export const listTemplatesInput = z.object({
  search: z.string().trim().max(100).default(""),
  archived: z.boolean().default(false),
  cursor: z.string().max(200).optional(),
  limit: z.number().int().min(1).max(100).default(50),
});
