// What students had when their attempt ended: copied out of the home before anything else happens to it.
export { safePath, uniqueName, zipOf } from "./archive";
export { recollect, runCollection } from "./collect";
export { downloadResponse } from "./download";
export { getManifest } from "./manifest";
export { archiveOfAttempt, archiveOfExperiment, getCollectedFile, getCollection } from "./queries";
export { refuseWhileSaved } from "./refuse-while-saved";
export { restoreFile } from "./restore";
export { retryCollections } from "./retry";
