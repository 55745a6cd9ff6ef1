import type { CloudSpec } from "@/db/schema/templates";
import { converse } from "../docker/converse";
import { probeRdp } from "../docker/probe-rdp";

const banner = "SSH-2.0-";

/** Whether an SSH server greets there. */
const probeSsh = (address: string): Promise<boolean> =>
  converse(address, async ({ read }) => (await read(banner.length)).toString("latin1") === banner);

/** The desktop takes connections and, where files are brought over SSH, so does that; `address` is `host:port`. */
export async function probe(address: string, os: CloudSpec["os"], sshPort: number): Promise<boolean> {
  const [host] = address.split(":");
  if (os === "windows") return probeRdp(address);
  const answers = await Promise.all([probeRdp(address), probeSsh(`${host}:${sshPort}`)]);
  return answers.every(Boolean);
}
