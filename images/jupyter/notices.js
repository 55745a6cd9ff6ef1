// What the service tells whoever works here (time that runs out, a stop because nobody does anything) becomes a
// notification of JupyterLab, also in a tab of its own. And the service is told, at most every 20 s, that a person is
// at the keys or the mouse: an open page alone keeps nothing running.
const actMs = 20_000;
let actAt = Number.NEGATIVE_INFINITY;
const tell = (path) => {
  actAt = performance.now();
  fetch(path, { method: "POST", keepalive: true }).catch(() => undefined);
};
// Browsers make pointer moves of their own when the page moves under a pointer that rests.
let pointer = "";
const moved = ({ screenX, screenY }) => {
  const before = pointer;
  pointer = `${screenX} ${screenY}`;
  return before !== "" && pointer !== before;
};
for (const type of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) {
  addEventListener(
    type,
    (event) => {
      if (!event.isTrusted || performance.now() - actAt < actMs) return;
      if (type !== "pointermove" || moved(event)) tell("/__lab/act");
    },
    { capture: true, passive: true },
  );
}

// JupyterLab's own commands, once it has started.
const lab = new Promise((resolve) => {
  const look = () => {
    const app = window.jupyterapp;
    if (!app?.commands.hasCommand("apputils:notify")) return setTimeout(look, 250);
    app.commands.addCommand("labyard:here", { execute: () => tell("/__lab/here") });
    app.commands.addCommand("labyard:page", { execute: ({ url }) => void open(url, "_blank", "noopener") });
    app.started.then(() => resolve(app.commands));
  };
  addEventListener("DOMContentLoaded", look);
});

const shown = {};
const show = async (kind, notice) => {
  const commands = await lab;
  if (shown[kind]?.key === notice?.key) return;
  if (shown[kind]) await commands.execute("apputils:dismiss-notification", { id: shown[kind].id });
  shown[kind] = null;
  if (!notice) return;
  const time = new Date(notice.at).toLocaleTimeString(document.documentElement.lang || undefined, {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
  const button =
    kind === "idle"
      ? { label: notice.button, commandId: "labyard:here", displayType: "accent" }
      : { label: notice.button, commandId: "labyard:page", args: { url: notice.url } };
  // Around a frame is the page of the experiment, which has that button already.
  const actions = kind === "idle" || window === top ? [button] : [];
  const id = await commands.execute("apputils:notify", {
    message: notice.text.replace("{at}", time),
    type: notice.tone,
    options: { autoClose: notice.tone === "info" ? 30_000 : false, actions },
  });
  shown[kind] = { key: notice.key, id };
};

let turn = Promise.resolve();
let source;
const listen = () => {
  source?.close();
  const stream = new EventSource("/__lab/notices");
  source = stream;
  stream.addEventListener("notices", ({ data }) => {
    const { deadline, idle } = JSON.parse(data);
    turn = turn
      .then(() => show("deadline", deadline))
      .then(() => show("idle", idle))
      .catch((error) => console.warn("Labyard: a notice could not be shown", error));
  });
  // What is refused is not asked again by the browser: the page may have lost its cookie, or the service restarts.
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED && source === stream) setTimeout(listen, 10_000);
  };
};
// A browser opens six connections to one origin: a tab that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) listen();
  else
    setTimeout(() => {
      if (document.hidden) source?.close();
    }, 60_000);
});
listen();
