import { defineConfig } from "@playwright/test";

// Chosen once: each worker reads this file again, and must know the tests by the same names.
process.env.SEED ??= String(Date.now() % 1_000_000);

/** The fault matrix: one lab of its own after the other, nothing at the same time. */
export default defineConfig({
  testDir: ".",
  testMatch: "faults.matrix.ts",
  tsconfig: "../../tsconfig.server.json",
  outputDir: "../../test-results/faults",
  globalSetup: "./results.ts",
  globalTeardown: "./record.ts",
  fullyParallel: false,
  workers: 1,
  // On a machine that is shared, a boot may take longer than a row allows: once more, in a new lab, and said so.
  retries: process.env.CI && !process.env.LONG ? 1 : 0,
  timeout: 480_000,
  reporter: [["list"]],
});
