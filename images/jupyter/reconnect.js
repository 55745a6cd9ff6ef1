// The service in front of JupyterLab restarts within seconds, and a pause lasts as long as it lasts. What may be asked
// twice is asked again meanwhile, so that neither a save nor a look at the server fails for it.
const patienceMs = 30_000;
const ask = window.fetch;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const isPaused = (answer) => answer?.status === 503 && answer.headers.has("x-labyard-paused");

// One asks for all who wait: a page left open over a long pause asks once a second. True when it waited for a pause.
let waiting;
async function waitForServer() {
  let paused = false;
  for (let until = performance.now() + patienceMs; performance.now() < until; ) {
    await pause(1_000);
    const answer = await ask("/api", { cache: "no-store" }).catch(() => null);
    if (isPaused(answer)) {
      paused = true;
      until = performance.now() + patienceMs;
    } else if (answer && answer.status !== 503) break;
  }
  return paused;
}

window.fetch = async (input, init) => {
  const request = new Request(input, init);
  const repeatable = ["GET", "HEAD", "PUT"].includes(request.method);
  if (!repeatable || new URL(request.url).origin !== location.origin) return ask(request);
  for (let until = performance.now() + patienceMs; ; ) {
    const last = performance.now() > until;
    try {
      const answer = await ask(request.clone());
      if (answer.status !== 503 || (last && !isPaused(answer))) return answer;
    } catch (error) {
      if (last || request.signal.aborted) throw error;
    }
    waiting ??= waitForServer().finally(() => {
      waiting = undefined;
    });
    if (await waiting) until = performance.now() + patienceMs;
  }
};

// After that JupyterLab tells that its server is away, in a dialog that stays over the work when the server is back. It
// is the one dialog with a checkbox and a single button; that button is pressed as soon as the server answers.
addEventListener("DOMContentLoaded", () => {
  const isConnectionLost = (node) =>
    node.classList?.contains("jp-Dialog") &&
    node.querySelectorAll(".jp-Dialog-footer button").length === 1 &&
    node.querySelector(".jp-Dialog-checkbox");
  const closeWhenBack = async (dialog) => {
    if (!dialog.isConnected) return;
    const answer = await ask("/api", { cache: "no-store" }).catch(() => null);
    if (answer?.ok) dialog.querySelector(".jp-Dialog-footer button")?.click();
    else setTimeout(closeWhenBack, 1_000, dialog);
  };
  new MutationObserver((records) => {
    for (const { addedNodes } of records)
      for (const node of addedNodes) if (isConnectionLost(node)) setTimeout(closeWhenBack, 1_000, node);
  }).observe(document.body, { childList: true });
});

// JupyterLab joins its kernels and terminals again at longer and longer intervals, and after some minutes no more. A
// pause may last longer: they are joined at once when the server answers again.
const goneSince = new WeakMap();
setInterval(async () => {
  const widgets = [...(window.jupyterapp?.shell.widgets("main") ?? [])];
  const joined = widgets
    .flatMap((widget) => [widget.sessionContext?.session?.kernel, widget.content?.session])
    .filter((one) => one?.reconnect && !one.isDisposed && one.status !== "dead");
  // JupyterLab asks what it joined for its kind, and passes over the state that comes with the answer: such a kernel
  // would be of unknown state until something runs in it. The server has kept an eye on it.
  for (const one of joined) {
    if (one.connectionStatus !== "connected" || one.status !== "unknown" || !one.id) continue;
    const answer = await ask(`/api/kernels/${one.id}`, { cache: "no-store" }).catch(() => null);
    const state = answer?.ok ? (await answer.json()).execution_state : undefined;
    if (one.status === "unknown" && ["idle", "busy"].includes(state)) one._updateStatus?.(state);
  }
  const lost = joined.filter((one) => {
    if (one.connectionStatus === "connected") goneSince.delete(one);
    else if (!goneSince.has(one)) goneSince.set(one, performance.now());
    // What connects for the first time is left in peace.
    return performance.now() - (goneSince.get(one) ?? Number.POSITIVE_INFINITY) > 4_000;
  });
  if (lost.length === 0) return;
  const answer = await ask("/api", { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  for (const one of lost) {
    goneSince.set(one, performance.now() + 6_000);
    one.reconnect().catch(() => undefined);
  }
}, 2_000);
