// The durable jobs as administrators see them: found by person and workspace, retried, cancelled, replayed.
export { getJob, type Job, type JobFilter, listJobs } from "./queries";
