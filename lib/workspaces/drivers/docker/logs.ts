import type { WorkspaceRef } from "../driver";
import { orMissing, withEngine } from "./connection";
import { containerName } from "./names";
import { demultiplexWhole } from "./stream";

const longest = 64 * 1024;

/** Takes out what steers terminals and what opens the workspace. */
export const plainLog = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f]/g, "")
    .replace(/(token[=:]\s?)[\w.~-]{8,}/gi, "$1[redacted]")
    .slice(-longest);

export async function logs(workspace: WorkspaceRef, lines: number): Promise<string> {
  const found = await withEngine(workspace.host.endpoint, (docker) =>
    orMissing(
      docker
        .getContainer(containerName(workspace.id))
        .logs({ follow: false, stdout: true, stderr: true, tail: Math.min(lines, 2000) }),
    ),
  );
  return found ? plainLog(demultiplexWhole(found)) : "";
}
