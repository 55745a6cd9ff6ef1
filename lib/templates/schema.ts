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
  systemDiskGb: [20, 500],
  spotPriceLimit: [0.001, 1000],
  internetMbps: [0, 100],
  /** Of an instance: it boots longer than a container. */
  cloudStartSeconds: [60, 1800],
} as const;

type Limited = keyof typeof templateLimits;

const between = (name: Limited) => {
  const [least, most] = templateLimits[name];
  const message = `teach.range.${name}`;
  return z.coerce.number(message).min(least, message).max(most, message);
};
const wholeBetween = (name: Limited) => between(name).int("teach.field.whole");

const allDifferent = (all: readonly string[]): boolean => new Set(all).size === all.length;

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

/** Of every kind: what the template is called, and for whom it is. */
const general = {
  name: z.string().trim().min(1, "teach.field.required").max(120, "teach.field.tooLong"),
  description: z.string().trim().max(4000, "teach.field.tooLong").default(""),
  visibility: z.enum(["own", "shared"]).default("shared"),
  diskMb: wholeBetween("diskMb"),
};

/** A container: its spec with its variables as rows. */
const containerFields = z.object({
  driver: z.literal("docker"),
  ...general,
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
  network: z.enum(["none", "internet"]),
  startTimeoutSeconds: wholeBetween("startTimeoutSeconds"),
  env: z
    .array(variable)
    .max(50, "teach.field.tooMany")
    .refine((rows) => allDifferent(rows.map((row) => row.name)), "teach.field.envTwice")
    .default([]),
});

const id = z.string().length(26);

/** The cloud's ids and names of images, types, switches: what it does not know it refuses itself. */
const cloudName = z
  .string()
  .trim()
  .min(1, "teach.field.required")
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, "teach.field.cloudName");

const some = <T extends z.ZodType>(one: T) =>
  z.array(one).min(1, "teach.field.chooseOne").max(10, "teach.field.tooMany");

const userDataBytes = 16 * 1024;

/** An instance in a cloud. */
const cloudFields = z.object({
  driver: z.literal("ecs"),
  ...general,
  os: z.enum(["linux", "windows"]),
  hostId: z.string().length(26, "teach.field.chooseOne"),
  image: cloudName,
  user: z
    .string()
    .trim()
    .regex(/^[A-Za-z_][A-Za-z0-9._-]{0,31}$/, "teach.field.cloudUser"),
  instanceTypes: some(cloudName).refine(allDifferent, "teach.field.twice"),
  vSwitches: some(z.object({ zoneId: cloudName, vSwitchId: cloudName })).refine(
    (all) => allDifferent(all.map(({ vSwitchId }) => vSwitchId)),
    "teach.field.twice",
  ),
  securityGroupId: cloudName,
  systemDisk: z.object({ category: cloudName, sizeGb: wholeBetween("systemDiskGb") }),
  spot: z.enum(["never", "first", "only"]),
  /** Yuan an hour. */
  spotPriceLimit: between("spotPriceLimit").nullable().default(null),
  internetMbps: wholeBetween("internetMbps"),
  launchTemplateId: z.literal("").or(cloudName).default(""),
  launchTemplateVersion: z.literal("").or(cloudName).default(""),
  userData: z
    .string()
    .refine((text) => new TextEncoder().encode(text).length <= userDataBytes, "teach.field.tooLong")
    .default(""),
  startTimeoutSeconds: wholeBetween("cloudStartSeconds"),
});

/** What the form holds, for each kind of environment. */
export const templateFields = z.discriminatedUnion("driver", [containerFields, cloudFields]);
export type TemplateFields = z.infer<typeof templateFields>;

const edited = {
  templateId: id,
  /** The version that the editor saw: another one saved meanwhile is a conflict, not lost. */
  basedOn: id,
};
export const editTemplateInput = z.discriminatedUnion("driver", [
  containerFields.extend(edited),
  cloudFields.extend(edited),
]);
export const templateIdInput = z.object({ templateId: id });
export const duplicateTemplateInput = z.object({ templateId: id, name: general.name });
export const listTemplatesInput = z.object({
  search: z.string().trim().max(100).default(""),
  archived: z.boolean().default(false),
  cursor: z.string().max(200).optional(),
  limit: z.number().int().min(1).max(100).default(50),
});
