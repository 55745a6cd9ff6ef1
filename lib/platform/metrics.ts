import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/**
 * What this process counts for Prometheus. Labels are closed lists (a function, a state, a class of route),
 * never ids. lib/metrics shows it; docs/administrators.md names it.
 */
function create() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string = never>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: `labyard_${name}`, help, labelNames, registers });
  const gauge = <L extends string = never>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name: `labyard_${name}`, help, labelNames, registers });
  const histogram = <L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    ...labelNames: L[]
  ) => new Histogram({ name: `labyard_${name}`, help, labelNames, registers, buckets: [...buckets] });
  const fast = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  const slow = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];

  collectDefaultMetrics({ register: registry });
  const hot = new HotCounts();
  const proxyRequests = counter("proxy_requests_total", "Requests passed on to workspaces.", "status");
  const proxyBytes = counter("proxy_bytes_total", "Bytes between browsers and workspaces.", "direction");
  const upgrades = counter("proxy_upgrades_total", "WebSockets joined to workspaces.");
  const sockets = gauge("proxy_sockets_open", "WebSockets that are open now.");
  const refused = counter("proxy_refused_total", "Requests and upgrades that were not let through.");
  const tunnels = gauge("tunnels_open", "Desktop connections that are open now.", "protocol");
  const tunnelBytes = counter("tunnel_bytes_total", "Bytes between browsers and desktops.", "direction");
  const upstream = counter("proxy_upstream_errors_total", "Workspaces that gave no answer, or a broken one.");

  /** All of it as Prometheus reads it, what the proxy counted in plain numbers too. */
  const text = async () => {
    for (const each of [proxyRequests, proxyBytes, tunnelBytes, upgrades, refused, upstream]) each.reset();
    hot.statuses.forEach((count, index) => {
      // A browser that left before there was an answer.
      if (count > 0) proxyRequests.inc({ status: index === 0 ? "left" : `${index}xx` }, count);
    });
    proxyBytes.inc({ direction: "in" }, hot.bytesIn);
    proxyBytes.inc({ direction: "out" }, hot.bytesOut);
    tunnels.set({ protocol: "vnc" }, hot.tunnels.vnc);
    tunnels.set({ protocol: "rdp" }, hot.tunnels.rdp);
    tunnelBytes.inc({ direction: "in" }, hot.tunnelBytesIn);
    tunnelBytes.inc({ direction: "out" }, hot.tunnelBytesOut);
    upgrades.inc(hot.upgrades);
    refused.inc(hot.refused);
    upstream.inc(hot.upstreamErrors);
    sockets.set(hot.socketsOpen);
    return `${await registry.metrics()}\n${hot.histogram("labyard_proxy_seconds")}`;
  };

  return {
    registry,
    text,
    hot,
    runsStarted: counter("job_runs_started_total", "Runs of durable functions that began.", "function"),
    runsFinished: counter("job_runs_finished_total", "Runs that ended, by state.", "function", "state"),
    stepSeconds: histogram("job_step_seconds", "Calls of a function: one step each.", fast, "function"),
    jobRetries: counter("job_retries_total", "Attempts that went wrong and will be tried again.", "function"),
    jobsRunning: gauge("job_steps_running", "Steps that run now, in any process."),
    queueDepth: gauge("job_queue_depth", "Jobs that are due and wait for a place."),
    oldestDue: gauge("job_oldest_due_seconds", "How long the oldest of them has waited."),
    jobsWaiting: gauge("job_waits", "Sleeps, timeouts and awaited events."),
    workers: gauge("job_workers", "Executors with a heartbeat in the last 45 s."),
    workspaceStarts: counter("workspace_starts_total", "Workspaces that were asked for."),
    workspaceReady: counter("workspace_ready_total", "Workspaces that became ready."),
    workspaceFailed: counter("workspace_failed_total", "Workspaces that failed, by cause.", "cause"),
    readySeconds: histogram("workspace_ready_seconds", "From the request to ready.", slow, "start"),
    idleStops: counter("workspace_idle_stops_total", "Workspaces stopped because nobody used them."),
    workspaces: gauge("workspaces", "Workspaces that are not ended, by state.", "state"),
    startQueue: gauge("workspace_queue_length", "Starts that wait for a place on a host."),
    warmReady: gauge("workspace_warm_ready", "Warm workspaces that wait for a student."),
    warmClaims: counter("workspace_warm_claims_total", "Starts that were given a warm workspace."),
    collectionsDone: counter("collections_total", "Collections that ended, by state.", "state"),
    collectionSeconds: histogram("collection_seconds", "From the request of a collection to its end.", slow),
    collectionsOpen: gauge("collections_open", "Collections that are wanted and not there yet."),
    httpRequests: counter("http_requests_total", "Requests to the app.", "route", "status"),
    httpSeconds: histogram("http_seconds", "From a request to the app to its answer's end.", fast, "route"),
    signIns: counter("sign_ins_total", "Attempts to sign in.", "result"),
    databaseUp: gauge("database_up", "1 while the database answers; figures that it gives stand still at 0."),
    poolConnections: gauge("db_connections", "Connections to the database.", "state"),
    poolWaiting: gauge("db_waiting", "Queries that wait for a connection."),
    poolAcquire: histogram("db_acquire_seconds", "How long a connection was waited for.", fast),
    subscribers: gauge("sse_subscribers", "Open live streams of pages."),
  };
}

/** Plain numbers for the proxy's hot path: a labelled counter would cost more than the rest of a request. */
class HotCounts {
  /** By the first digit of the status. */
  readonly statuses = [0, 0, 0, 0, 0, 0];
  readonly bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
  readonly buckets = new Float64Array(this.bounds.length + 1);
  seconds = 0;
  bytesIn = 0;
  bytesOut = 0;
  upgrades = 0;
  socketsOpen = 0;
  refused = 0;
  upstreamErrors = 0;
  /** Desktop connections that are open, those kept for a return too. */
  readonly tunnels = { vnc: 0, rdp: 0 };
  tunnelBytesIn = 0;
  tunnelBytesOut = 0;

  request(status: number, ms: number): void {
    const digit = (status / 100) | 0;
    this.statuses[digit] = (this.statuses[digit] ?? 0) + 1;
    const seconds = ms / 1_000;
    this.seconds += seconds;
    let at = 0;
    while (at < this.bounds.length && seconds > (this.bounds[at] ?? 0)) at++;
    this.buckets[at] = (this.buckets[at] ?? 0) + 1;
  }

  histogram(name: string): string {
    let total = 0;
    const lines = [...this.bounds, "+Inf"].map((le, index) => {
      total += this.buckets[index] ?? 0;
      return `${name}_bucket{le="${le}"} ${total}`;
    });
    return [
      `# HELP ${name} From a request to a workspace to its answer's end.`,
      `# TYPE ${name} histogram`,
      ...lines,
      `${name}_sum ${this.seconds}`,
      `${name}_count ${total}\n`,
    ].join("\n");
  }
}

// On globalThis: Next's bundle and server.ts are two module graphs, and must feed one registry.
const shared = globalThis as typeof globalThis & { labyardMetrics?: ReturnType<typeof create> };

/** The metrics of this process. */
export function metrics(): ReturnType<typeof create> {
  shared.labyardMetrics ??= create();
  return shared.labyardMetrics;
}
