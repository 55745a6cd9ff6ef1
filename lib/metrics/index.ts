// What Prometheus reads at /metrics, and who may. What is counted where: lib/platform/metrics.ts.
export { answerMetrics } from "./answer";
