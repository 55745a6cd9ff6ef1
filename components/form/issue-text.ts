/** The parts of a zod issue that a sentence may need. */
export type IssueLike = {
  code?: string;
  origin?: unknown;
  expected?: unknown;
  format?: unknown;
  minimum?: unknown;
  maximum?: unknown;
  input?: unknown;
};

export type IssueText = { key: string; params?: Record<string, string | number> };

const amount = (value: unknown): string | number =>
  typeof value === "number" || typeof value === "string" ? value : String(value ?? "");

/** Which sentence of `ui.form` repairs a zod issue. */
export function issueText(issue: IssueLike): IssueText {
  const empty =
    issue.input === undefined || issue.input === null || issue.input === "" || Number.isNaN(issue.input);
  switch (issue.code) {
    case "too_small": {
      const params = { minimum: amount(issue.minimum) };
      if (issue.origin === "string")
        return Number(issue.minimum) <= 1 ? { key: "required" } : { key: "tooShort", params };
      if (issue.origin === "array" || issue.origin === "set") return { key: "tooFew", params };
      return { key: "tooSmall", params };
    }
    case "too_big": {
      const params = { maximum: amount(issue.maximum) };
      if (issue.origin === "string") return { key: "tooLong", params };
      if (issue.origin === "array" || issue.origin === "set") return { key: "tooMany", params };
      return { key: "tooBig", params };
    }
    case "invalid_type":
      if (empty) return { key: "required" };
      if (issue.expected === "int") return { key: "notInteger" };
      if (issue.expected === "number") return { key: "notNumber" };
      if (issue.expected === "date") return { key: "notDate" };
      return { key: "invalid" };
    case "invalid_format":
      if (empty) return { key: "required" };
      if (issue.format === "email") return { key: "notEmail" };
      if (issue.format === "url") return { key: "notUrl" };
      if (issue.format === "datetime") return { key: "notDate" };
      return { key: "invalid" };
    case "invalid_value":
      return { key: empty ? "required" : "invalid" };
    default:
      return { key: "invalid" };
  }
}
