import { readFileSync } from "node:fs";

const manifest = `${process.env.NEXT_DIST_DIR ?? ".next"}/server/server-reference-manifest.json`;
let ids: Map<string, string> | undefined;

/** By what id the build knows a server action, as `lib/x/actions.ts#nameAction`. */
export function actionId(name: string): string {
  ids ??= new Map(
    Object.entries(
      (
        JSON.parse(readFileSync(manifest, "utf8")) as {
          node: Record<string, { filename: string; exportedName: string }>;
        }
      ).node,
    ).map(([id, { filename, exportedName }]) => [`${filename}#${exportedName}`, id]),
  );
  const id = ids.get(name);
  if (!id) throw new Error(`${name} is not in the build`);
  return id;
}
