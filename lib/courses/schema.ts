import { z } from "zod";

const id = z.string().length(26);
const search = z.string().trim().max(100).default("");
const paging = {
  cursor: z.string().max(300).optional(),
  limit: z.number().int().min(1).max(200).default(50),
};

/** One line of text without control or direction-changing characters. */
const line = (most: number) =>
  z
    .string()
    .trim()
    .max(most, "teach.field.tooLong")
    .refine(
      (text) => !/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(text),
      "teach.field.controlCharacter",
    );

export const courseFields = z.object({
  name: line(120).min(1, "teach.field.required"),
  code: line(40).default(""),
  term: line(40).default(""),
  description: z.string().trim().max(4000, "teach.field.tooLong").default(""),
});
export const editCourseInput = courseFields.extend({ courseId: id });
export const courseIdInput = z.object({ courseId: id });
export const listInput = z.object({ search, archived: z.boolean().default(false), ...paging });

export const courseMemberRoles = ["teacher", "assistant", "student"] as const;
export const addMemberInput = z.object({
  courseId: id,
  /** User name or number. */
  person: line(64).min(1, "teach.field.required"),
  role: z.enum(courseMemberRoles),
});
export const memberInput = z.object({ courseId: id, userId: id });
export const courseClassInput = z.object({ courseId: id, classId: id });

export const classFields = z.object({ name: line(120).min(1, "teach.field.required") });
export const createClassInput = classFields.extend({ courseId: id.optional() });
export const renameClassInput = classFields.extend({ classId: id });
export const classIdInput = z.object({ classId: id });
export const listRosterInput = z.object({ classId: id, search, ...paging });

export const studentFields = z.object({
  number: line(64).min(1, "teach.field.required"),
  name: line(100).min(1, "teach.field.required"),
});
export const addStudentInput = studentFields.extend({ classId: id });
export const enrolmentInput = z.object({ classId: id, userId: id });

/** What a roster may be at most; counted before anything is parsed. */
export const rosterLimits = { bytes: 2 * 1024 * 1024, rows: 5000 } as const;

export const previewRosterInput = z
  .object({
    classId: id,
    text: z.string().max(rosterLimits.bytes, "teach.roster.tooLarge").optional(),
    file: z
      .instanceof(Uint8Array)
      .refine((file) => file.byteLength <= rosterLimits.bytes, "teach.roster.tooLarge")
      .optional(),
  })
  .refine((source) => (source.text === undefined) !== (source.file === undefined), "teach.field.required");

/** A part of a roster; 200 new passwords take about ten seconds to hash. */
export const importRosterInput = z.object({
  classId: id,
  rows: z
    .array(
      z.object({ line: z.number().int().min(1), number: z.string().max(200), name: z.string().max(200) }),
    )
    .min(1)
    .max(200),
  updateNames: z.boolean().default(false),
});
