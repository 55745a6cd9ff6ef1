// The cloud side of Labyard: accounts, regions, what is made there, and that nothing of it is forgotten. Knows instances
// by the workspace that they are for, and nothing else of workspaces. `unavailable` is to be asked again, whatever else
// is thrown is final; messages say who can do what.
export { addAccount, addRegion } from "./accounts";
export { type Catalogue, cloudPrice, highestPrice, type SpecPrice, type TypePrice } from "./catalogue";
export type { AccountCheck } from "./check-account";
export { deleteInstance } from "./delete-instance";
export { dryRun } from "./dry-run";
export { moveGuard, replaceSystemDisk, startInstance, stopInstance } from "./instance-calls";
export { listInstances } from "./list-instances";
export { mayFreeze } from "./may-freeze";
export { observeInstance } from "./observe-instance";
export { instanceOf } from "./queries";
export { resourceKinds } from "./resource-kinds";
export { runInstance } from "./run-instance";
export { snapshotDisk } from "./snapshot-disk";
export { sweepRegion } from "./sweep-region";
export { lastSweptAt, listSweeps, type Swept } from "./sweeps";
export { cloudFigures, listAccounts, listFindings, listResources } from "./views";
