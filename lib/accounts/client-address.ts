/** The address of the last hop before us: what came before it is only what the client says. */
export function clientAddress(headers: { get(name: string): string | null }): string {
  const hops = (headers.get("x-forwarded-for") ?? "").split(",").map((hop) => hop.trim());
  return (hops.at(-1) ?? "").replace(/^::ffff:/, "").slice(0, 64);
}
