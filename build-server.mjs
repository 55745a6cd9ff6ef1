import { build } from "esbuild";

// server.ts is bundled apart from Next: packages stay external, so both share one copy of each.
await build({
  entryPoints: ["server.ts"],
  outfile: "dist/server.mjs",
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  packages: "external",
  sourcemap: true,
  tsconfig: "tsconfig.server.json",
  logLevel: "info",
});
