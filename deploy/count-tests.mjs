// Reads a JSON report of vitest or Playwright and prints "passed failed skipped".
import { readFileSync } from "node:fs";

const flakyTitles = (suites = []) =>
  suites.flatMap(({ specs = [], suites: inner }) => [
    ...specs.filter(({ tests }) => tests.some(({ status }) => status === "flaky")).map(({ title }) => title),
    ...flakyTitles(inner),
  ]);

function count(report) {
  if (report.stats) {
    const { expected, unexpected, flaky, skipped } = report.stats;
    // Errors outside any test (a file that does not load, a server that does not start) are failures too.
    if (flaky > 0) console.error(`passed only when tried again: ${flakyTitles(report.suites).join("; ")}`);
    return [expected + flaky, unexpected + (report.errors?.length ?? 0), skipped];
  }
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  return [
    report.numPassedTests,
    report.numFailedTests + broken.length,
    report.numPendingTests + report.numTodoTests,
  ];
}

try {
  console.log(count(JSON.parse(readFileSync(process.argv[2], "utf8"))).join(" "));
} catch (error) {
  console.error(`no results: ${error.message}`);
  console.log("0 1 0");
}
