import { z } from "zod";

const id = z.string().length(26);

/** An empty field of a form is null; one that was left out is a mistake, not a wish to clear. */
const orNull = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === "" ? null : value), schema.nullable());

const whole = (least: number, most: number, message: string) =>
  z.coerce.number(message).int("teach.field.whole").min(least, message).max(most, message);

const title = z
  .string()
  .trim()
  .min(1, "teach.field.required")
  .max(160, "teach.field.tooLong")
  .refine((text) => !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text), "teach.field.controlCharacter");

export const contentFields = z.object({
  title,
  description: z.string().max(200_000, "teach.field.tooLong"),
  weight: whole(0, 100, "teach.range.weight"),
  /** Left out: as it was. */
  recording: z.boolean().optional(),
});

/** An ISO moment, as forms give it, or what a form already made of it. */
const instant = z
  .preprocess(
    (value) => (value === "" ? null : value instanceof Date ? value.toISOString() : value),
    z.iso.datetime({ offset: true, error: "teach.field.time" }).nullable(),
  )
  .transform((text) => (text === null ? null : new Date(text)));

const window = { opensAt: instant, closesAt: instant };

/** A window that never opens would look open on every page. */
const inOrder = (row: { opensAt: Date | null; closesAt: Date | null }) =>
  row.opensAt === null || row.closesAt === null || row.opensAt < row.closesAt;
const order = { path: ["closesAt"], error: "teach.field.windowOrder" };

/** A window as its form has it. */
export const windowFields = z.object(window).refine(inOrder, order);

const linesOf = (value: unknown) =>
  typeof value === "string"
    ? value
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "")
    : value;

/** A glob over paths of a home: a name, or a path with `/`; no way up, nothing invisible. */
const isGlob = (text: string) =>
  text.length <= 200 &&
  !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text) &&
  /[^/]/.test(text) &&
  text.split("/").every((part) => part !== "." && part !== "..");

/** One a line in a form, a list when saved. */
const globs = z.preprocess(
  linesOf,
  z
    .array(z.string())
    .max(50, "teach.field.tooMany")
    .refine((list) => list.every(isGlob), "teach.field.glob"),
);

/** Nothing said is null: all that the platform takes. */
const collectRules = z
  .object({
    include: globs,
    exclude: globs,
    maxFileMb: orNull(whole(1, 500, "teach.range.maxFileMb")),
  })
  .transform((rules) =>
    rules.include.length + rules.exclude.length === 0 && rules.maxFileMb === null ? null : rules,
  )
  .nullable();

export const taskLimits = {
  durationMinutes: [1, 10_080],
  maxAttempts: [1, 100],
  selfExtensions: [0, 10],
  selfExtensionMinutes: [5, 240],
  idleMinutes: [10, 1_440],
} as const;

/** Empty: no limit. Zero is refused, for it could mean either. */
export const taskFields = z.object({
  templateId: orNull(id),
  durationMinutes: orNull(whole(...taskLimits.durationMinutes, "teach.range.durationMinutes")),
  maxAttempts: orNull(whole(...taskLimits.maxAttempts, "teach.range.maxAttempts")),
  selfExtensions: whole(...taskLimits.selfExtensions, "teach.range.selfExtensions"),
  selfExtensionMinutes: whole(...taskLimits.selfExtensionMinutes, "teach.range.selfExtensionMinutes"),
  idleMinutes: orNull(whole(...taskLimits.idleMinutes, "teach.range.idleMinutes")),
  /** Left out: as it was. */
  collectRules: collectRules.optional(),
});

export const createExperimentInput = z.object({ courseId: id, title });
export const editExperimentInput = contentFields.extend({ experimentId: id });
export const setWindowInput = z.object({ experimentId: id, ...window }).refine(inOrder, order);
export const editTaskInput = taskFields.extend({ taskId: id });
export const experimentIdInput = z.object({ experimentId: id });
export const duplicateExperimentInput = z.object({ experimentId: id, courseId: id, title });

const target = { experimentId: id, targetType: z.enum(["class", "student"]), targetId: id };
export const assignInput = z.object({ ...target, ...window }).refine(inOrder, order);
export const unassignInput = z.object(target);

export const listExperimentsInput = z.object({
  courseId: id,
  archived: z.boolean().default(false),
  cursor: z.string().max(200).optional(),
  limit: z.number().int().min(1).max(100).default(50),
});

export const attachmentLimits = { bytes: 200 * 1024 * 1024, count: 100 } as const;
export const addAttachmentInput = z.object({ experimentId: id, name: z.string().max(1000) });
export const attachmentInput = z.object({ experimentId: id, attachmentId: id });
export const renameAttachmentInput = attachmentInput.extend({ name: z.string().max(1000) });

export const previewTextInput = z.object({ experimentId: id, text: z.string().max(200_000) });
export const findStudentsInput = z.object({ experimentId: id, search: z.string().trim().min(1).max(64) });
