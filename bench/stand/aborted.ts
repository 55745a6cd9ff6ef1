// A bench that is stopped takes with it what it started: `exit` is told to those who wait for it.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(1));
