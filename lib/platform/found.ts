import { notFound } from "next/navigation";
import { toAppError } from "./errors";

/** For pages: what one may not see, or not know of, is the page "not found". */
export async function found<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    const { code } = toAppError(error);
    if (code === "not_found" || code === "forbidden") notFound();
    throw error;
  }
}
