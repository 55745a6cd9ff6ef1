const dropped = new Set(["frame-ancestors", "report-uri", "report-to"]);

function rewrite(policy: string | null, app: string): string {
  // Commas part whole policies, semicolons the directives of one.
  const policies = (policy ?? "")
    .split(",")
    .map((one) =>
      one
        .split(";")
        .map((directive) => directive.trim())
        .filter(
          (directive) => directive !== "" && !dropped.has((directive.split(/\s/, 1)[0] ?? "").toLowerCase()),
        )
        .join("; "),
    )
    .filter((one) => one !== "");
  return [...policies.slice(0, -1), [...policies.slice(-1), `frame-ancestors ${app}`].join("; ")].join(", ");
}

const known = new Map<string, string>();

/** The workspace's own policy, framed by the app alone; Jupyter's `frame-ancestors 'self'` would block it. */
export function frameOnlyBy(policy: string | null, app: string): string {
  const key = `${app} ${policy ?? ""}`;
  let result = known.get(key);
  if (result === undefined) {
    result = rewrite(policy, app);
    // Policies with a nonce are never the same twice.
    if (known.size < 200) known.set(key, result);
  }
  return result;
}
