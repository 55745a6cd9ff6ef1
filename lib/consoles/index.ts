// The way into a workspace: its origin, the ticket that opens it, the proxy behind it, and the listener in
// front of everything. How requests are filtered and grants are held stays in here.
export { throttleActivity } from "./activity";
export { createFront, type Front } from "./front/front";
export {
  openCount,
  recallWorkspaces,
  revokePerson,
  revokeSession,
  revokeWorkspace,
  silenceWorkspaces,
} from "./grants";
export { issueTicket } from "./issue-ticket";
export { pruneConsoles } from "./prune";
export { watchSilentMs } from "./rights";
export { ticketInput } from "./schema";
export { answerTunnel } from "./tunnel/http";
export { withdrawRecordingConsent } from "./withdraw-consent";
