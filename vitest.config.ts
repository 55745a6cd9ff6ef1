import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const alias = {
  "@": fileURLToPath(new URL(".", import.meta.url)),
  "server-only": fileURLToPath(new URL("./lib/platform/empty.ts", import.meta.url)),
};

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: "unit",
          include: ["{lib,db,inngest,components,app,e2e}/**/*.test.{ts,tsx}"],
          exclude: ["**/*.integration.test.ts", "**/node_modules/**", "**/.next*/**"],
        },
      },
      {
        resolve: { alias },
        test: {
          name: "integration",
          include: ["{lib,db,inngest,app,e2e}/**/*.integration.test.ts"],
          globalSetup: ["./e2e/database.ts"],
          setupFiles: ["./e2e/no-hosts.ts"],
          fileParallelism: false,
          retry: process.env.CI ? 2 : 0,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "ecs",
          env: { LOG_LEVEL: "fatal", CLOUD_FETCH_MINUTES: "2" },
          include: ["e2e/ecs/*.ecs.ts"],
          // Minutes a seed, and a build: CI has neither.
          exclude: process.env.LONG ? [] : ["e2e/ecs/kill.ecs.ts"],
          globalSetup: ["./e2e/database.ts"],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
