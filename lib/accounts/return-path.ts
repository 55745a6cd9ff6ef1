/** A path of this app to go to after sign-in; anything that could lead elsewhere becomes `/`. */
export function safeReturnPath(path: string | null | undefined): string {
  if (!path?.startsWith("/") || path.length > 500) return "/";
  // Browsers take `\` for `/` and drop tabs and line ends, so `/\evil` and `/\t/evil` leave the site.
  if (/[\\\p{Cc}]/u.test(path) || path.startsWith("//")) return "/";
  const base = "http://labyard.invalid";
  try {
    const url = new URL(path, base);
    if (url.origin !== base || url.pathname.startsWith("//")) return "/";
    // Next's own mark of a soft navigation.
    if (url.searchParams.has("_rsc")) url.searchParams.delete("_rsc");
    return `${url.pathname}${url.search}${url.hash}`;
  } catch {
    return "/";
  }
}
