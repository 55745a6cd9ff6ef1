import { defineConfig } from "@playwright/test";

/** `e2e` or `services`; without it all of them. */
const half = process.env.E2E_HALF;

export default defineConfig({
  testDir: "e2e/stories",
  tsconfig: "./tsconfig.server.json",
  outputDir: "test-results/stories",
  globalSetup: "./e2e/global-setup.ts",
  fullyParallel: false,
  workers: 1,
  // A story that a shared machine made stumble may try again; `./labyard test` names it.
  retries: process.env.CI ? 2 : 0,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: process.env.CI
    ? [["list"], ["json", { outputFile: "test-results/playwright.json" }]]
    : [["list"]],
  // Those with a service of their own act in its name, so each has a worker of its own. deploy/test.sh
  // plays them beside the stories that share one.
  projects: [
    {
      name: "stories",
      testIgnore: /(copies|crash|deadline|faults|files|hostile|inngest|kernel|queue|screens|warm)\.spec\.ts/,
    },
    { name: "screens", testMatch: /screens\.spec\.ts/ },
    // These need no service of their own: they even the halves out.
    { name: "others", testMatch: /(deadline|files|hostile|warm)\.spec\.ts/ },
    { name: "faults", testMatch: /faults\.spec\.ts/ },
    { name: "queue", testMatch: /queue\.spec\.ts/ },
    { name: "kernel", testMatch: /kernel\.spec\.ts/ },
    { name: "copies", testMatch: /copies\.spec\.ts/ },
    { name: "inngest", testMatch: /inngest\.spec\.ts/ },
    { name: "crash", testMatch: /crash\.spec\.ts/ },
  ].filter(({ name }) => !half || (name === "stories") === (half === "e2e")),
  use: {
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
    baseURL: process.env.E2E_URL ?? `http://localhost:${process.env.E2E_PORT ?? 3200}`,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        // In place of Playwright's own list, which switches storage partitioning off: without it a framed
        // JupyterLab has no localStorage and reloads for ever. People's browsers have it.
        "--disable-features=MediaRouter,OptimizationHints,PreconnectToSearch",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
