/**
 * Whether a request target may be forwarded as it is. Refused is whatever a server behind us could read
 * otherwise than we do: a path that is another one once decoded, and anything that is no plain path.
 */
export function isPlainTarget(target: string): boolean {
  if (target.charCodeAt(0) !== 47) return false;
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  // Most paths have nothing to look at twice.
  if (/^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~@:+,=-]*)*\/?$/.test(path)) return isPrintable(target);
  if (!isPrintable(target) || path.includes("//") || path.includes("\\")) return false;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return false;
  }
  if (/%2f|%5c/i.test(path)) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(decoded)) return false;
  return !decoded.split("/").some((part) => part === "." || part === "..");
}

/** Visible ASCII only: browsers send nothing else, and parsers disagree about the rest. */
const isPrintable = (target: string): boolean => /^[\x21-\x7e]*$/.test(target) && !target.includes("#");

/** A path to go to after entering: of this site, with exactly one leading slash. */
export function landingPath(wanted: string | null | undefined): string {
  if (!wanted) return "/lab";
  const path = `/${wanted.replace(/^[/\\]+/, "")}`;
  return isPlainTarget(path) && !path.startsWith("/__lab/") ? path : "/lab";
}
