import { Readable } from "node:stream";
import { z } from "zod";
import { openFile } from "@/lib/platform/files";
import type { HostRef, WorkspaceSpec } from "../driver";
import { askMounter } from "./mounter";
import { checkedId } from "./names";

const nothing = z.object({});
const missingAnswer = z.object({ missing: z.array(z.string()) });

const framed = (data: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
};

const longestFrame = 256 * 1024;

/** The bytes of a stored file as the helper takes them: frames, then an empty one. */
async function* frames(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length; at += longestFrame)
      yield framed(chunk.subarray(at, at + longestFrame));
  }
  yield framed(Buffer.alloc(0));
}

/** A name as it may stand in a directory; two that become the same are told apart by a number. */
export function materialNames(materials: WorkspaceSpec["materials"]): { name: string; sha256: string }[] {
  const used = new Set<string>();
  return materials.map(({ name, sha256 }) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
    let plain = name.replace(/[/\\\u0000-\u001f\u007f]/g, "_").replace(/^\.+$/, "_") || "_";
    while (Buffer.byteLength(plain) > 200) plain = plain.slice(0, -1);
    let chosen = plain;
    for (let n = 2; used.has(chosen); n++) chosen = plain.replace(/(\.[^.]{1,10})?$/, ` (${n})$1`);
    used.add(chosen);
    return { name: chosen, sha256 };
  });
}

/** Has the attachments on the host, each once, whoever needs it; returns them under the names they are shown by. */
export async function bringMaterials(
  { endpoint }: HostRef,
  materials: WorkspaceSpec["materials"],
): Promise<{ name: string; sha256: string }[]> {
  const wanted = [...new Set(materials.map(({ sha256 }) => sha256))];
  for (let at = 0; at < wanted.length; at += 100) {
    const command = ["have", ...wanted.slice(at, at + 100)];
    const { missing } = await askMounter(endpoint, command, missingAnswer);
    for (const sha256 of missing) {
      await askMounter(endpoint, ["put", sha256], nothing, Readable.from(frames(openFile(sha256))));
    }
  }
  return materialNames(materials);
}

/** Shows the attachments in the slot, which is there; read-only. */
export async function placeMaterials(
  host: HostRef,
  workspaceId: string,
  materials: WorkspaceSpec["materials"],
): Promise<void> {
  if (materials.length === 0) return;
  const list = JSON.stringify(await bringMaterials(host, materials));
  await askMounter(host.endpoint, ["link", checkedId(workspaceId), list], nothing);
}
