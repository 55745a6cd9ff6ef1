process.env.NEXT_TELEMETRY_DISABLED = "1";

/** @type {import('next').NextConfig} */
export default { logging: false };
