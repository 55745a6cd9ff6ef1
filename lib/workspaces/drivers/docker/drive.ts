import { env } from "@/lib/platform/env";
import type { Guacd, HomeRef, HostRef } from "../driver";
import { orMissing, withEngine } from "./connection";
import { driveBody } from "./container";
import { ensureGateway, guacdAnswers, guacdPort } from "./guacd";
import { dropSlot, mountHome } from "./homes";
import { checkedId, driveName, label, networkName } from "./names";

/** What an RDP connection is told beside the rest, so that the home is a drive of the computer it goes to. */
export const driveParameters: Readonly<Record<string, string>> = {
  "enable-drive": "true",
  "drive-name": "Labyard",
  "drive-path": "/home/student",
  "create-drive-path": "false",
  // Files come and go by our own panel; otherwise guacd would make a folder for what is to be downloaded.
  "disable-download": "true",
  "disable-upload": "true",
};

/**
 * A gateway (guacd) for one workspace that runs elsewhere, with its home mounted on the slot of that workspace and
 * nothing else: what its RDP session writes into the drive lies in the home at once, as the student's. Made where it
 * is missing, made anew where it is dead or silent. Throws what `mountHome` and `ensureGuacd` throw.
 */
export async function ensureDriveGuacd(host: HostRef, workspaceId: string, home: HomeRef): Promise<Guacd> {
  await mountHome(home, workspaceId);
  return ensureGateway(host, {
    name: driveName(workspaceId),
    purpose: "drive",
    network: "drives",
    body: async (_docker, image, facts) => driveBody(image, workspaceId, facts),
  });
}

/** Takes the gateway away, then the home off the slot; the home stays. Fine if both are gone. */
export async function removeDriveGuacd(host: HostRef, workspaceId: string): Promise<void> {
  await withEngine(host.endpoint, (docker) =>
    orMissing(docker.getContainer(driveName(checkedId(workspaceId))).remove({ force: true, v: true })),
  );
  await dropSlot(host, workspaceId);
}

/** The workspaces that have such a gateway on the host; `silent`: only those whose gateway is dead or does not answer. */
export async function driveGuacds(host: HostRef, which: "all" | "silent"): Promise<string[]> {
  const filters = { label: [`${label.deploy}=${env().DEPLOY_ID}`, label.drive] };
  const found = await withEngine(host.endpoint, (docker) => docker.listContainers({ all: true, filters }));
  const isWanted = await Promise.all(
    found.map(async ({ State, NetworkSettings }) => {
      const address = NetworkSettings.Networks[networkName("drives")]?.IPAddress;
      if (which === "all" || State !== "running" || !address) return true;
      return !(await guacdAnswers({ host: address, port: guacdPort }));
    }),
  );
  return found.filter((_, index) => isWanted[index]).map(({ Labels }) => Labels[label.drive] ?? "");
}
