const causes = [
  "fileStoreFull",
  "hostUnreachable",
  "hostDiskFull",
  "hostLoopsFull",
  "homeDamaged",
  "unsaved",
  "homeLost",
  "homeBusy",
  "homeInUse",
  "storeNotShared",
  "imageMissing",
  "databaseDown",
] as const;

/** Why files are not kept, as a key of `collections.causes`. */
export const causeOf = (cause: string | null) => causes.find((known) => known === cause) ?? "other";
