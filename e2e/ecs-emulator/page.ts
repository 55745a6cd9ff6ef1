import type { Parameters } from "./parameters";
import { invalid } from "./refusal";

export interface Page<T> {
  items: T[];
  fields: { TotalCount: number; PageNumber: number; PageSize: number };
  /** Empty on the last one. */
  nextToken: string;
}

/** The asked page of a list: by number and size, or by token and `MaxResults`. */
export function pageOf<T>(all: readonly T[], asked: Parameters, { usual = 10, most = 100 } = {}): Page<T> {
  const token = asked.text("NextToken");
  const isByToken = token !== undefined || asked.number("MaxResults") !== undefined;
  const size = asked.number(isByToken ? "MaxResults" : "PageSize") ?? usual;
  if (!Number.isInteger(size) || size < 1 || size > most)
    throw invalid(isByToken ? "MaxResults" : "PageSize");
  const number = asked.number("PageNumber") ?? 1;
  const from = isByToken ? placeOf(token) : (number - 1) * size;
  if (!Number.isInteger(from) || from < 0) throw invalid("NextToken");
  const to = from + size;
  return {
    items: all.slice(from, to),
    fields: { TotalCount: all.length, PageNumber: isByToken ? 1 : number, PageSize: size },
    nextToken: isByToken && to < all.length ? Buffer.from(`at ${to}`).toString("base64url") : "",
  };
}

function placeOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const [, place] = /^at (\d+)$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  if (place === undefined) throw invalid("NextToken");
  return Number(place);
}
