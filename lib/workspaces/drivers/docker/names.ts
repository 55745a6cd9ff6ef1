import { env } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";

/** Names, labels and places of everything this installation makes on a host, each derived from our ids. */
const idPattern = /^[0-9A-Z]{26}$/;

/** An id as it may stand in a name, a path or an argument. */
export function checkedId(id: string): string {
  if (!idPattern.test(id))
    throw new AppError("internal", "internal", {}, { cause: new Error("malformed id") });
  return id;
}

export const containerName = (workspaceId: string): string =>
  `labyard-${env().DEPLOY_ID}-${checkedId(workspaceId).toLowerCase()}`;

export const mounterName = (): string => `labyard-${env().DEPLOY_ID}-mounter`;
export const readerName = (nonce: string): string => `labyard-${env().DEPLOY_ID}-files-${nonce}`;
export const guacdName = (): string => `labyard-${env().DEPLOY_ID}-guacd`;
export const driveName = (workspaceId: string): string =>
  `labyard-${env().DEPLOY_ID}-drive-${checkedId(workspaceId).toLowerCase()}`;
export const networkName = (mode: "none" | "internet" | "guacd" | "drives"): string =>
  `labyard-${env().DEPLOY_ID}-${mode}`;

export const toolsImage = "labyard/base";
export const guacdImage = "labyard/guacd";

export const label = {
  deploy: "labyard.deploy",
  workspace: "labyard.workspace",
  /** The workspace whose home a gateway of its own shows as a drive. */
  drive: "labyard.drive",
  purpose: "labyard.purpose",
  version: "labyard.version",
  reader: "labyard.reader",
  protocol: "labyard.protocol",
} as const;

/** Grows when a container of an older service must not be taken over as it is. */
export const layoutVersion = "1";

/** The store lies at the same place on every host: paths are the daemon's, not this process's. */
export const storePath = (): string => `${env().LABYARD_HOME}/store`;
export const slotPath = (workspaceId: string): string =>
  `${storePath()}/slots/${env().DEPLOY_ID}/${checkedId(workspaceId)}`;
export const viewPath = (homeId: string, nonce: string): string =>
  `${storePath()}/views/${env().DEPLOY_ID}/${checkedId(homeId)}-${nonce}`;
