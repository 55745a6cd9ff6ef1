import Docker from "dockerode";

/** The engine that the service under test uses. */
export function engine(): Docker {
  const endpoint = new URL(process.env.DOCKER_HOST ?? "unix:///run/labyard/docker.sock");
  return new Docker(
    endpoint.protocol === "unix:"
      ? { socketPath: endpoint.pathname }
      : { host: endpoint.hostname, port: Number(endpoint.port) },
  );
}

/** Ids of the workspaces that have a container of this deploy, running or not, once for each container. */
export async function workspaceContainers(deploy: string): Promise<string[]> {
  const all = await engine().listContainers({
    all: true,
    filters: { label: [`labyard.deploy=${deploy}`] },
  });
  return all.map((one) => one.Labels["labyard.workspace"]).filter((id): id is string => Boolean(id));
}
