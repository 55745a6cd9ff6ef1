/** The hidden fields with which a page's own form presses Start; works before any script does. */
export function startFields(page: string): [string, string][] {
  const form = /<form[^>]*>(?:(?!<\/form>).)*name="taskId"(?:(?!<\/form>).)*<\/form>/s.exec(page)?.[0] ?? "";
  const fields = [...form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]): [string, string] => [
    attribute(input, "name"),
    attribute(input, "value"),
  ]);
  if (fields.length === 0) throw new Error(`no form to start with: ${page.slice(0, 200)}`);
  return fields;
}

const attribute = (tag: string, name: string): string =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll("&quot;", '"').replaceAll("&amp;", "&") ?? "";

/** The fields as a browser sends them. */
export async function formBody(fields: Iterable<readonly [string, string]>) {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  const sent = new Request("http://form.invalid/", { method: "POST", body: form });
  return { type: sent.headers.get("content-type") ?? "", body: Buffer.from(await sent.arrayBuffer()) };
}
