import { z } from "zod";
import type { HomeRef, HostRef } from "../driver";
import { askMounter } from "./mounter";
import { checkedId } from "./names";

const nothing = z.object({});
type Named = readonly { name: string; sha256: string }[];
const mountsAnswer = z.object({
  mounts: z.array(z.object({ homeId: z.string(), workspaceId: z.string() })),
});

const whole = (value: number): string => {
  if (!Number.isInteger(value) || value < 0 || value > 999_999_999)
    throw new RangeError("number for the helper");
  return String(value);
};

const onSlot = (home: HomeRef, workspaceId: string): string[] => [
  checkedId(home.id),
  checkedId(workspaceId),
  whole(home.sizeMb),
  whole(home.fence),
];

export async function mountHome(home: HomeRef, workspaceId: string): Promise<void> {
  await askMounter(home.host.endpoint, ["mount", ...onSlot(home, workspaceId)], nothing);
}

/** The home and these attachments (which are on the host already), in one request. */
export async function attachHome(home: HomeRef, workspaceId: string, list: Named): Promise<void> {
  const command = ["attach", ...onSlot(home, workspaceId), JSON.stringify(list)];
  await askMounter(home.host.endpoint, command, nothing);
}

/** The empty slot of a workspace that gets its home later; with a size also an image for one who has no home yet. */
export async function makeSlot(host: HostRef, workspaceId: string, sizeMb?: number): Promise<void> {
  const spare = sizeMb === undefined ? [] : [whole(sizeMb)];
  await askMounter(host.endpoint, ["slot", checkedId(workspaceId), ...spare], nothing);
}

export async function unmountHome(home: HomeRef, workspaceId: string): Promise<void> {
  const command = ["release", checkedId(home.id), checkedId(workspaceId), whole(home.fence)];
  await askMounter(home.host.endpoint, command, nothing);
}

export async function renewHome(home: HomeRef, workspaceId: string): Promise<void> {
  await askMounter(home.host.endpoint, ["renew", ...onSlot(home, workspaceId)], nothing);
}

export async function removeHome(home: HomeRef): Promise<void> {
  await askMounter(home.host.endpoint, ["remove", checkedId(home.id)], nothing);
}

export async function mounts(host: HostRef): Promise<{ homeId: string; workspaceId: string }[]> {
  return (await askMounter(host.endpoint, ["mounts"], mountsAnswer)).mounts;
}

/** Takes the slot of a workspace away, home and materials first. Fine if it is gone. */
export async function dropSlot(host: HostRef, workspaceId: string): Promise<void> {
  await askMounter(host.endpoint, ["drop", checkedId(workspaceId)], nothing);
}
