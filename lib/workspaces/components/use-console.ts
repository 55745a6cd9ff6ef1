"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import type { ShownError } from "@/components/error-message";

type Entry = { ticket: string; action: string };
export type ConsoleState =
  | { kind: "opening" }
  | { kind: "open" }
  | { kind: "signedOut" }
  | { kind: "refused"; error: ShownError }
  | { kind: "lost" };

/** More than this many new tickets a minute is a loop, not a session that was lost. */
const mostEntries = 4;
const windowMs = 60_000;
const coverMs = 6_000;

const ask = (workspaceId: string): Promise<Response | null> =>
  fetch("/api/consoles/tickets", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ workspaceId, mode: "use" }),
  }).catch(() => null);

async function askTicket(workspaceId: string): Promise<Entry | ConsoleState> {
  let response = await ask(workspaceId);
  // A network that has just changed drops what is on its way; a ticket that nobody got expires by itself.
  for (let tries = 1; !response && tries < 4; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 400 * tries));
    response = await ask(workspaceId);
  }
  if (!response) return { kind: "refused", error: { code: "unavailable", key: "unavailable" } };
  if (response.status === 401) return { kind: "signedOut" };
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as Entry;
  const error = (body as { error?: ShownError } | null)?.error;
  return { kind: "refused", error: error ?? { code: "internal", key: "internal" } };
}

/** Sends a ticket by POST: never in an address, where it could lead somebody else into it. */
function post({ ticket, action }: Entry, target: string): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  form.target = target;
  if (target === "_blank") form.rel = "noopener";
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "ticket";
  field.value = ticket;
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}

/**
 * Opens a workspace's page in the frame of that name, with a fresh ticket; again when that page says that it
 * has lost its cookie. Messages count only from this workspace's own origin and this frame.
 */
export function useConsole(workspaceId: string, frameName: string, enabled: boolean) {
  const [state, setState] = useState<ConsoleState>({ kind: "opening" });
  const frame = useRef<HTMLIFrameElement>(null);
  const origin = useRef("");
  const entered = useRef<number[]>([]);
  const submitted = useRef(false);

  const enter = useCallback(async () => {
    const now = Date.now();
    entered.current = [...entered.current.filter((at) => now - at < windowMs), now];
    if (entered.current.length > mostEntries) return setState({ kind: "lost" });
    setState({ kind: "opening" });
    const entry = await askTicket(workspaceId);
    if ("kind" in entry) return setState(entry);
    origin.current = new URL(entry.action).origin;
    submitted.current = true;
    post(entry, frameName);
    // What loads for long shows its own progress.
    setTimeout(() => setState((now) => (now.kind === "opening" ? { kind: "open" } : now)), coverMs);
  }, [workspaceId, frameName]);

  const started = useRef(false);
  useEffect(() => {
    if (!enabled || started.current) return;
    started.current = true;
    void enter();
  }, [enabled, enter]);

  useEffect(() => {
    const hear = (event: MessageEvent) => {
      if (!origin.current || event.origin !== origin.current) return;
      if (event.source !== frame.current?.contentWindow) return;
      if ((event.data as { type?: unknown } | null)?.type === "labyard.enter-needed") void enter();
    };
    window.addEventListener("message", hear);
    return () => window.removeEventListener("message", hear);
  }, [enter]);

  return {
    frame,
    state,
    /** The frame has drawn something. */
    loaded: useCallback(() => {
      if (submitted.current) setState((now) => (now.kind === "opening" ? { kind: "open" } : now));
    }, []),
    retry: useCallback(() => {
      entered.current = [];
      void enter();
    }, [enter]),
    openTab: useCallback(async () => {
      const entry = await askTicket(workspaceId);
      if ("kind" in entry) setState(entry);
      else post(entry, "_blank");
    }, [workspaceId]),
  };
}
