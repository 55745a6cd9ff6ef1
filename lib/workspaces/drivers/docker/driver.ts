import type { Driver } from "../driver";
import { agent } from "./agent";
import { busy } from "./busy";
import { changeFiles } from "./changer";
import { desktop } from "./desktop";
import { collect, listFiles, packFiles, readFile } from "./files";
import { ensureGuacd } from "./guacd";
import { mountHome, mounts, removeHome, renewHome, unmountHome } from "./homes";
import { imageFacts } from "./images";
import { attach, destroy, ensure, list, observe, pause, resume } from "./lifecycle";
import { logs } from "./logs";
import { prepareHost } from "./prepare";
import { probe } from "./probe";
import { exec } from "./shell";
import { stats } from "./stats";
import { watch } from "./watch";
import { writeFiles } from "./writer";

/** Workspaces as containers of a Docker Engine, homes as ext4 images mounted by a helper container. */
export const dockerDriver: Driver = {
  kind: "docker",
  prepareHost,
  checkImage: async (host, image) => (await imageFacts(host.endpoint, image)).id,
  mountHome,
  unmountHome,
  renewHome,
  removeHome,
  ensure,
  observe,
  probe,
  busy,
  pause,
  resume,
  attach,
  ensureGuacd,
  desktop,
  agent,
  exec,
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
