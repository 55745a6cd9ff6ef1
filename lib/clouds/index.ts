// The cloud side of Labyard: accounts, regions, what is made there, and that nothing of it is forgotten. Knows instances
// by the workspace that they are for, and nothing else of workspaces. `unavailable` is to be asked again, whatever else
// is thrown is final; messages say who can do what.
export { deleteInstance } from "./delete-instance";
export type { Finding } from "./findings";
export { keepHostKey, moveGuard, replaceSystemDisk, startInstance, stopInstance } from "./instance-calls";
export type { CloudResource } from "./ledger";
export { type Listed, listInstances } from "./list-instances";
export { type InstanceState, type Observation, observeInstance } from "./observe-instance";
export { instanceOf } from "./queries";
export { type Ran, type RunInput, runInstance } from "./run-instance";
