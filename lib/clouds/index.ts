// The cloud side of Labyard: accounts, regions, what is made there, and that nothing of it is forgotten. Knows instances
// by the workspace that they are for, and nothing else of workspaces. `unavailable` is to be asked again, whatever else
// is thrown is final; messages say who can do what.
export { addAccount, addRegion } from "./accounts";
export { type Catalogue, catalogue, cloudPrice, highestPrice, type SpecPrice } from "./catalogue";
export { type AccountCheck, checkAccount } from "./check-account";
export { deleteInstance } from "./delete-instance";
export { type DryRun, dryRun } from "./dry-run";
export { freezeImage } from "./freeze-image";
export { keepHostKey, moveGuard, replaceSystemDisk, startInstance, stopInstance } from "./instance-calls";
export type { Kept } from "./kept";
export type { CloudResource } from "./ledger";
export { type Listed, listInstances } from "./list-instances";
export { mayFreeze } from "./may-freeze";
export { type InstanceState, type Observation, observeInstance } from "./observe-instance";
export { instanceOf } from "./queries";
export { resourceKinds } from "./resource-kinds";
export { type Ran, type RunInput, runInstance } from "./run-instance";
export { snapshotDisk } from "./snapshot-disk";
export { type IsWanted, type Swept, sweepRegion } from "./sweep-region";
export { cloudFigures, listAccounts, listFindings, listResources } from "./views";
