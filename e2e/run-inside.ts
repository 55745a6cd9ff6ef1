import { containerName } from "@/lib/workspaces/drivers/docker/names";
import { engine } from "./containers";

/** Runs a shell line in the container of a workspace, as the student; gives what it printed. */
export async function runInside(workspaceId: string, script: string): Promise<string> {
  const exec = await engine()
    .getContainer(containerName(workspaceId))
    .exec({ Cmd: ["sh", "-c", script], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  let all = Buffer.concat(parts);
  let text = "";
  // The engine's frames: eight bytes of head, the last four its length.
  while (all.length >= 8) {
    const length = all.readUInt32BE(4);
    text += all.subarray(8, 8 + length).toString("utf8");
    all = all.subarray(8 + length);
  }
  return text;
}
