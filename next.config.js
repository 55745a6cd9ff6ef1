import createNextIntlPlugin from "next-intl/plugin";

const withNextIntl = createNextIntlPlugin("./lib/platform/i18n/request.ts");

// Nothing is sent anywhere that the operator did not configure.
process.env.NEXT_TELEMETRY_DISABLED = "1";

/** @type {import('next').NextConfig} */
const config = {
  // Two dev servers in one tree need two folders.
  distDir: process.env.NEXT_DIST_DIR ?? ".next",
  poweredByHeader: false,
  reactStrictMode: true,
  images: { unoptimized: true },
  // `./labyard test types` checks them once for everything, tests included.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: [
    "dockerode",
    "ssh2",
    "mysql2",
    "pino",
    "prom-client",
    "inngest",
    "@alicloud/ecs20140526",
    "@alicloud/openapi-core",
  ],
  experimental: { serverActions: { bodySizeLimit: "4mb" } },
};

export default withNextIntl(config);
