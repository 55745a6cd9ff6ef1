import type { CollectRules } from "@/db/schema/experiments";

/** What one collection takes at most: a 2 GB home, 50,000 files, 500 MB each. The rest is listed as left out. */
const platform = { fileBytes: 500 * 1024 ** 2, totalBytes: 2 * 1024 ** 3, files: 50_000 };

/** One archive of many collections: its list is in memory, and everybody waits while it is made. */
export const archiveLimits = { files: 200_000 };

/** The platform's limits, narrowed by what the task's teacher wants. */
export const limitsOf = (rules: CollectRules | null) => ({
  ...platform,
  fileBytes: Math.min(platform.fileBytes, (rules?.maxFileMb ?? Number.POSITIVE_INFINITY) * 1024 ** 2),
  include: rules?.include ?? [],
  exclude: rules?.exclude ?? [],
});
