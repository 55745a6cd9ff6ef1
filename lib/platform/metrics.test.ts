import { expect, test } from "vitest";
import { metrics } from "./metrics";

test("what the proxy counts in plain numbers is shown like any other metric", async () => {
  const { hot } = metrics();
  hot.request(200, 3);
  hot.request(204, 30);
  hot.request(502, 60_000);
  hot.bytesOut += 2_048;
  hot.upgrades++;
  await metrics().text();
  const text = await metrics().text();
  expect(text).toContain('labyard_proxy_requests_total{status="2xx"} 2\n');
  expect(text).toContain('labyard_proxy_requests_total{status="5xx"} 1\n');
  expect(text).toContain('labyard_proxy_bytes_total{direction="out"} 2048\n');
  expect(text).toContain("labyard_proxy_upgrades_total 1\n");
  expect(text).toContain("# TYPE labyard_proxy_seconds histogram");
  expect(text).toContain('labyard_proxy_seconds_bucket{le="0.0025"} 0\n');
  expect(text).toContain('labyard_proxy_seconds_bucket{le="0.005"} 1\n');
  expect(text).toContain('labyard_proxy_seconds_bucket{le="0.05"} 2\n');
  expect(text).toContain('labyard_proxy_seconds_bucket{le="30"} 2\n');
  expect(text).toContain('labyard_proxy_seconds_bucket{le="+Inf"} 3\n');
  expect(text).toContain("labyard_proxy_seconds_count 3\n");
  expect(text).toContain("labyard_proxy_seconds_sum 60.033\n");
});

test("there is one registry, whichever bundle asks", () => {
  expect(metrics()).toBe(metrics());
  expect((globalThis as { labyardMetrics?: unknown }).labyardMetrics).toBe(metrics());
});
