"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type Change, useLive } from "@/components/live/live";
import type { ScreenView } from "../screen";

class SignedOut extends Error {}

const moment = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

async function ask(workspaceId: string, signal: AbortSignal): Promise<ScreenView> {
  const response = await fetch(`/api/workspaces/${workspaceId}/screen`, { signal });
  if (response.status === 401) throw new SignedOut();
  if (!response.ok) throw new Error(String(response.status));
  return JSON.parse(await response.text(), (key, value: unknown) =>
    key.endsWith("At") && typeof value === "string" && moment.test(value) ? new Date(value) : value,
  ) as ScreenView;
}

/**
 * The state of a workspace, asked again when something of it changed. A lost network changes nothing on the
 * page: what is framed must not be loaded anew for it.
 */
export function useScreen(first: ScreenView): {
  view: ScreenView;
  signedOut: boolean;
  refetch: () => Promise<unknown>;
} {
  const [signedOut, setSignedOut] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["screen", first.id],
    queryFn: ({ signal }) => ask(first.id, signal),
    initialData: first,
    staleTime: 5_000,
    retry: (failures, why) => !(why instanceof SignedOut) && failures < 5,
    retryDelay: (failures) => Math.min(500 * 2 ** failures, 8_000),
  });
  useEffect(() => {
    if (error instanceof SignedOut) setSignedOut(true);
  }, [error]);
  const takeQueue = useQueue(first.id, refetch);
  useLive([`workspace:${first.id}`, ...(first.mine ? ["user:me"] : [])], (change) => {
    const { kind } = change;
    if (kind === "end") setSignedOut(true);
    // A hundred who wait hear of every step: what they are told is all there is to know.
    else if (kind === "workspace.queue") takeQueue(change);
    else void refetch();
  });
  return { view: data, signedOut, refetch };
}

/** A place that is read while the queue moves may be the one before: it is asked for once more, some time later. */
const onceMoreMs = 5_000;

/** Takes the position out of the message itself; messages may come twice and in any order. */
function useQueue(workspaceId: string, refetch: () => unknown): (change: Change) => void {
  const client = useQueryClient();
  const newest = useRef("");
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
    },
    [],
  );
  return ({ at, data: { workspaceId: about, position, until } }) => {
    if (about !== workspaceId || at < newest.current) return;
    newest.current = at;
    client.setQueryData<ScreenView>(
      ["screen", workspaceId],
      (view) =>
        view && {
          ...view,
          queuePosition: typeof position === "number" ? position : null,
          queueUntil: typeof until === "string" ? new Date(until) : null,
        },
    );
    timer.current ??= setTimeout(
      () => {
        timer.current = null;
        void refetch();
      },
      onceMoreMs * (1 + Math.random()),
    );
  };
}
