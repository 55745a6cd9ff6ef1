"use client";

import { setServerNow } from "../ui/server-clock";

export type Change = {
  topic: string;
  kind: string;
  data: Record<string, string | number | boolean | null>;
  at: string;
};

type Listener = { topics: readonly string[]; tell: (change: Change) => void };

const listeners = new Set<Listener>();
let source: EventSource | null = null;
let open = "";
let wait = 1_000;
let lastId = "";
let retry: ReturnType<typeof setTimeout> | undefined;
let settle: ReturnType<typeof setTimeout> | undefined;

const wanted = () => [...new Set([...listeners].flatMap((listener) => listener.topics))].sort().join(",");

/** Something may have been missed: everybody looks again. */
function tellAll(kind: string) {
  const at = new Date().toISOString();
  for (const listener of listeners) listener.tell({ topic: listener.topics[0] ?? "", kind, data: {}, at });
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
  open = "";
}

function connect() {
  const topics = wanted();
  if (topics === open && source) return;
  close();
  if (!topics) return;
  open = topics;
  const after = lastId ? `&after=${encodeURIComponent(lastId)}` : "";
  const stream = new EventSource(`/api/events?topics=${encodeURIComponent(topics)}${after}`);
  source = stream;
  stream.addEventListener("hello", (event) => {
    const hello = JSON.parse(event.data) as { now: number; gap: boolean };
    setServerNow(hello.now);
    wait = 1_000;
    if (hello.gap) tellAll("gap");
  });
  stream.addEventListener("change", (event) => {
    if (event.lastEventId) lastId = event.lastEventId;
    const change = JSON.parse(event.data) as Change;
    for (const listener of listeners) {
      if (listener.topics.includes(change.topic)) listener.tell(change);
    }
  });
  // The session or a right ended: the page asks the server, which knows where to go.
  stream.addEventListener("end", () => {
    tellAll("end");
    again();
  });
  stream.onerror = () => {
    if (source === stream) again();
  };
}

function again() {
  close();
  retry = setTimeout(connect, wait + Math.random() * 500);
  wait = Math.min(wait * 2, 30_000);
}

// A browser opens six connections to one origin: a tab in the background gives its own back.
const hiddenFor = 20_000;
let hiding: ReturnType<typeof setTimeout> | undefined;
if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(close, hiddenFor);
    else if (!source) connect();
  });
}

/** One EventSource for the whole page, however many parts listen. Returns what ends the listening. */
export function listen(topics: readonly string[], tell: (change: Change) => void): () => void {
  const listener = { topics, tell };
  listeners.add(listener);
  const later = () => {
    clearTimeout(settle);
    settle = setTimeout(connect, 50);
  };
  later();
  return () => {
    listeners.delete(listener);
    later();
  };
}
