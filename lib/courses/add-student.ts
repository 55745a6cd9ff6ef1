import type { z } from "zod";
import type { Ctx } from "@/lib/platform/context";
import { invalid } from "@/lib/platform/errors";
import { type ImportedLine, importRoster } from "./import-roster";
import { addStudentInput } from "./schema";

/** One student by number and name: an import of one line, with its refusal at the field. */
export async function addStudent({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof addStudentInput>;
}): Promise<ImportedLine> {
  const { classId, number, name } = addStudentInput.parse(input);
  const [result] = await importRoster({ ctx, input: { classId, rows: [{ line: 1, number, name }] } });
  if (result?.status === "invalid") {
    const field = result.reason === "name" || result.reason === "nameDiffers" ? "name" : "number";
    throw invalid("invalid", { [field]: `teach.roster.${result.reason}` });
  }
  if (!result || result.status === "enrolled") throw invalid("invalid", { number: "teach.roster.enrolled" });
  return result;
}
