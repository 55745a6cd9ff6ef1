import { readFileSync } from "node:fs";

type BuiltAction = { id: string; filename: string; exportedName: string; workers: Record<string, unknown> };

let built: BuiltAction[] | undefined;

/** Every server action that the build can be asked for. */
export function builtActions(): readonly BuiltAction[] {
  const manifest = `${process.env.NEXT_DIST_DIR ?? ".next"}/server/server-reference-manifest.json`;
  const read = () =>
    (JSON.parse(readFileSync(manifest, "utf8")) as { node: Record<string, Omit<BuiltAction, "id">> }).node;
  built ??= Object.entries(read()).map(([id, action]) => ({ id, ...action }));
  return built;
}

/** By what id the build knows a server action, as `lib/x/actions.ts#nameAction`. */
export function actionId(name: string): string {
  const action = builtActions().find((one) => `${one.filename}#${one.exportedName}` === name);
  if (!action) throw new Error(`${name} is not in the build`);
  return action.id;
}
