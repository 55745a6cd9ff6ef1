import Docker from "dockerode";
import { jupyterSpec } from "@/e2e/world";
import { env } from "@/lib/platform/env";
import { newId, randomToken } from "@/lib/platform/ids";
import { workspaceBody } from "@/lib/workspaces/drivers/docker/container";
import { imageFacts } from "@/lib/workspaces/drivers/docker/images";
import { networkName } from "@/lib/workspaces/drivers/docker/names";

/** A memory file system for a home. */
export const homeOf = (mb: number): Record<string, string> => ({
  "/home/student": `rw,exec,nosuid,nodev,uid=1000,gid=1000,mode=0700,size=${mb}m`,
});

/** A workspace's own container, but with a home in memory, and not ours for the service beside it. */
export async function rawBody(secret = randomToken(16)) {
  const { DOCKER_HOST: endpoint } = env();
  const host = { id: newId(), endpoint };
  const image = await imageFacts(endpoint, jupyterSpec.image);
  const body = workspaceBody(
    {
      id: newId(),
      purpose: "trial",
      host,
      externalId: null,
      home: { id: newId(), host, sizeMb: jupyterSpec.diskMb, fence: 1 },
      template: jupyterSpec,
      materials: [],
      secret,
      origin: "http://raw.localhost",
    },
    image,
    64,
  );
  const { Mounts: _slot, Tmpfs, ...hostConfig } = body.HostConfig ?? {};
  return {
    ...body,
    // Else the reconciler would take it for something that nobody wants.
    Labels: { "labyard.deploy": "test-raw" },
    HostConfig: { ...hostConfig, Tmpfs: { ...Tmpfs, ...homeOf(jupyterSpec.diskMb) } },
  };
}

/** The same engine without us: the same image, limits and security options. */
export async function rawStart(): Promise<{ ms: number; remove: () => Promise<void> }> {
  const docker = new Docker({ socketPath: env().DOCKER_HOST.replace(/^unix:\/\//, "") });
  const secret = randomToken(16);
  const body = await rawBody(secret);
  const began = performance.now();
  const container = await docker.createContainer(body);
  const remove = async () => container.remove({ force: true, v: true });
  try {
    await container.start();
    const { NetworkSettings } = await container.inspect();
    const ip = NetworkSettings.Networks[networkName(jupyterSpec.network)]?.IPAddress;
    const headers = { Authorization: `token ${secret}` };
    for (;;) {
      const answer = await fetch(`http://${ip}:8888/api`, {
        headers,
        signal: AbortSignal.timeout(2_000),
      }).catch(() => null);
      await answer?.arrayBuffer();
      if (answer?.ok) return { ms: performance.now() - began, remove };
      if (performance.now() - began > 180_000) throw new Error("a raw start is not ready after 180 s");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } catch (error) {
    await remove();
    throw error;
  }
}
