// What Prometheus reads at /metrics. What is counted where: lib/platform/metrics.ts.
export { answerMetrics } from "./answer";
