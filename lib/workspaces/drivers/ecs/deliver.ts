import { openFile } from "@/lib/platform/files";
import { log } from "@/lib/platform/log";
import { dockerDriver } from "../docker/driver";
import { materialNames } from "../docker/materials";
import type { HomeRef, WorkspaceSpec } from "../driver";
import { type Manifest, stampOf, writeManifest } from "./manifest";
import { staysOnInstance } from "./names";
import { type Link, quoted, runThere } from "./ssh";
import { makeRemoteFolder, materialsFolder, untouchedAt, writeRemote } from "./transfer";
import { foldersAbove } from "./tree";

/** So long may be the list of what one reader of the home packs: it is an argument of a program. */
const longestList = 48 * 1024;

/** Brings the home, as it is on its host, and the task's materials to the instance. Repeated it writes all again. */
export async function deliverHome(
  link: Link,
  home: HomeRef,
  materials: WorkspaceSpec["materials"],
  publicKey: string,
): Promise<void> {
  const { entries } = await dockerDriver.listFiles(home, null, "");
  const tops = entries.map(({ path }) => path).filter((path) => !staysOnInstance(path));
  const manifest: Manifest = { atRest: false, entries: await bringPaths(link, home, tops), leftOut: [] };
  await trust(link, publicKey);
  if (materials.length > 0) {
    await makeRemoteFolder(link, materialsFolder);
    for (const { name, sha256 } of materialNames(materials)) {
      const path = `${materialsFolder}/${name.replaceAll("\\", "\\x5c")}`;
      await writeRemote(link, { path, mode: 0o644, content: openFile(sha256), mtime: untouchedAt });
    }
  }
  await writeManifest(home, manifest);
}

/** Makes the account take our key. One that does not, as where a policy forbids keys, has the password still. */
async function trust(link: Link, publicKey: string): Promise<void> {
  const [file, key] = [".ssh/authorized_keys", quoted(publicKey)];
  const line = `grep -qxF ${key} ${file} 2>/dev/null || printf '\\n%s\\n' ${key} >> ${file}`;
  await runThere(link, `umask 077; mkdir -p .ssh; ${line}`);
}

/** Brings what is at and below these paths of the home, in the place of what is there; returns it as stamps. */
export async function bringPaths(
  link: Link,
  home: HomeRef,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const brought = new Map<string, string>();
  const most = { totalBytes: home.sizeMb * 4 * 1024 ** 2, files: 200_000 };
  for (const folder of [...foldersAbove(paths)].sort()) await makeRemoteFolder(link, folder);
  for (const piece of inPieces(paths)) {
    for await (const one of dockerDriver.packFiles(home, null, piece, most)) {
      const isSecret = one.path === ".ssh" || one.path.startsWith(".ssh/");
      // A folder may hold what belongs to another machine.
      if (staysOnInstance(one.path)) continue;
      if ("skipped" in one) {
        log().info({ home: home.id, path: one.path, why: one.skipped }, "not brought to the instance");
      } else if ("folder" in one) {
        await makeRemoteFolder(link, one.path, isSecret ? 0o700 : 0o755);
        brought.set(one.path, "");
      } else {
        const mtime = Math.floor(Date.parse(one.modifiedAt) / 1_000);
        const mode = isSecret ? 0o600 : one.executable ? 0o755 : 0o644;
        await writeRemote(link, { path: one.path, mode, content: one.content, mtime });
        brought.set(one.path, stampOf({ size: one.size, mtime }));
      }
    }
  }
  return brought;
}

function* inPieces(paths: readonly string[]): Generator<string[]> {
  let piece: string[] = [];
  let length = 0;
  for (const path of paths) {
    const more = Buffer.byteLength(path) + 4;
    if (length + more > longestList && piece.length > 0) {
      yield piece;
      [piece, length] = [[], 0];
    }
    piece.push(path);
    length += more;
  }
  if (piece.length > 0) yield piece;
}
