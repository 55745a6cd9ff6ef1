import type { Ctx } from "@/lib/platform/context";
import { withdrawConsent } from "@/lib/recordings";
import { revokeWorkspace } from "./grants";

/** A student takes back that they may be recorded: their desktops and terminals of the experiment close at once. */
export async function withdrawRecordingConsent(args: {
  ctx: Ctx;
  input: { workspaceId: string };
}): Promise<void> {
  const { workspaceIds } = await withdrawConsent(args);
  for (const id of workspaceIds) revokeWorkspace(id);
}
