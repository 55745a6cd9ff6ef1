/** What can be wrong, in words for anybody: without names, figures or secrets. Pages say it in `jobs.system.causes`. */
export const causeTexts = {
  phaseDatabase: "Waiting for the database.",
  phaseMigrations: "Bringing the database up to this version.",
  phaseStart: "Preparing accounts, roles and the first host.",
  phaseApp: "Starting the pages.",
  phaseJobs: "Starting the durable jobs.",
  phaseStopping: "Stopping: no new work is taken.",
  databaseAway: "The database does not answer. The service goes on by itself when it does.",
  migrationsMissing: "The database is behind this version: migrations are missing. Restart the service.",
  migrationsUnknown: "The migrations cannot be read.",
  dockerError: "The Docker Engine answers with an error.",
  dockerAway: "The Docker Engine does not answer. Workspaces that run go on; none can start.",
  noExecutor: "No executor claims jobs: starts and stops wait.",
  executorStalled: "Jobs wait for more than a minute: the executor is stalled or has too much to do.",
  executorUnknown: "The executor cannot be seen.",
  filesFull: "The disk of the file store is full: nothing can be collected or uploaded.",
  filesQuota: "The disk quota of the file store is used up: nothing can be collected or uploaded.",
  filesReadOnly: "The file store is read-only: nothing can be collected or uploaded.",
  filesForbidden: "The service may not write to the file store.",
  filesMissing: "The folder of the file store is missing.",
  filesUnknown: "The file store cannot be written to.",
  diskLow: "The disk of the file store has little room left.",
  collectionsFailed:
    "Files of some attempts could not be saved. Their homes are kept; see to the cause and save again.",
  clocksApart: "The clocks of this machine and of the database differ: set both by NTP.",
  clockUnknown: "The database's clock cannot be read.",
} as const;

export type Cause = keyof typeof causeTexts;
