import type { Driver, WorkspaceSpec } from "../driver";
import { agent } from "./agent";
import { busy } from "./busy";
import { changeFiles } from "./changer";
import type { ContainerSpecified } from "./container";
import { desktop } from "./desktop";
import { driveGuacds, removeDriveGuacd } from "./drive";
import { collect, listFiles, packFiles, readFile } from "./files";
import { ensureGuacd } from "./guacd";
import { mountHome, mounts, removeHome, renewHome, unmountHome } from "./homes";
import { imageFacts } from "./images";
import { attach, create, destroy, ensure, list, observe, pause, resume } from "./lifecycle";
import { logs } from "./logs";
import { prepareHost } from "./prepare";
import { probe } from "./probe";
import { exec } from "./shell";
import { stats } from "./stats";
import { watch } from "./watch";
import { writeFiles } from "./writer";

/** Only a mistake of ours brings another kind here. */
function ofContainer(spec: WorkspaceSpec): ContainerSpecified {
  const { template } = spec;
  if (template.driver !== "docker") throw new Error(`no container for a template of ${template.driver}`);
  return { ...spec, template };
}

/** Workspaces as containers of a Docker Engine, homes as ext4 images mounted by a helper container. */
export const dockerDriver: Driver = {
  kind: "docker",
  prepareHost,
  checkImage: async (host, image) => (await imageFacts(host.endpoint, image)).id,
  mountHome,
  unmountHome,
  renewHome,
  removeHome,
  create: (spec) => create(ofContainer(spec)),
  ensure: (spec) => ensure(ofContainer(spec)),
  observe,
  probe,
  busy,
  hasSettled: async () => true,
  pause,
  resume,
  attach,
  ensureGuacd,
  gateway: (workspace) => ensureGuacd(workspace.host),
  gateways: driveGuacds,
  removeGateway: removeDriveGuacd,
  desktop,
  agent,
  exec,
  // The home is mounted where the student works, and nothing outside ends a container.
  deliver: async () => {},
  fetch: async () => [],
  preserve: async () => true,
  extend: async () => {},
  stats,
  logs,
  destroy,
  list,
  watch,
  mounts,
  // Mounted by a workspace or not, a reader gets a sight of the home of its own.
  listFiles: (home, _mountedBy, path) => listFiles(home, path),
  readFile: (home, _mountedBy, path, part) => readFile(home, path, part),
  packFiles: (home, _mountedBy, paths, limits) => packFiles(home, paths, limits),
  changeFiles: (home, _mountedBy, changes) => changeFiles(home, changes),
  collect,
  writeFiles: (home, _mountedBy, files, onConflict) => writeFiles(home, files, onConflict),
};
