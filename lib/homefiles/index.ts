// The files of a home as its owner sees them beside the workspace: look, save, put in, move, remove.
export { archiveFiles } from "./archive";
export { changeFiles } from "./change";
export { previewFile, serveView } from "./preview";
export { listFiles } from "./read";
export { serveFile } from "./serve";
export { placeUploads } from "./uploads/place";
export { receiveUpload } from "./uploads/receive";
export { listUploads, pruneUploads } from "./uploads/waiting";
