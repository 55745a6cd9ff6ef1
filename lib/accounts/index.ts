// People: who they are, how they sign in, what they may. Others need a context (page, action, route
// handler, upgrade) and the roster's accounts; how sessions and passwords are kept is nobody's business.
export { apiRoute } from "./api-route";
export { clientAddress } from "./client-address";
export { checkAccounts, createAccounts, prepareAccounts } from "./create-accounts";
export { type DemoPeople, demoPeople } from "./demo-people";
export { ensureFirstRun } from "./ensure-first-run";
export { once } from "./once";
export { countUsers, listUsers, ownAccount, ownSessions } from "./queries";
export {
  ctxOfCookieHeader,
  currentCtx,
  mustChangePassword,
  pageUser,
  requestCtx,
  type UserCtx,
} from "./request";
export { safeReturnPath } from "./return-path";
export { onSessionEnded, sessionAlive } from "./session-alive";
export { sessionNameOf, sessionTokens } from "./session-token";
export { isSetUpOpen } from "./set-up";
export { type SignedIn, signIn } from "./sign-in";
export { userAction } from "./user-action";
