"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useLive } from "@/components/live/live";
import { beatWatchAction } from "../actions";
import type { WatchView } from "../queries";

type Answer = { watches: WatchView[]; own: string | null };

const nobody: Answer = { watches: [], own: null };
const beatMs = 10_000;
/** Who vanished without a word is over after 30 s: looked at again while somebody is there. */
const againMs = 15_000;

async function ask(workspaceId: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(`/api/workspaces/${workspaceId}/watches`, { signal });
  if (!response.ok) throw new Error(String(response.status));
  return (await response.json()) as Answer;
}

/** Who looks at a workspace now; pushed, so that nobody looks unseen. */
export function useWatches(workspaceId: string, enabled: boolean) {
  const { data, refetch } = useQuery({
    queryKey: ["watches", workspaceId],
    queryFn: ({ signal }) => ask(workspaceId, signal),
    enabled,
    staleTime: 1_000,
    refetchInterval: ({ state }) => (state.data?.watches.length ? againMs : false),
  });
  useLive(enabled ? [`workspace:${workspaceId}`] : [], ({ kind }) => {
    if (kind === "watch" || kind === "gap") void refetch();
  });
  return { ...(data ?? nobody), refetch };
}

/** One's own look at a workspace: says that it goes on, and ends it with the page. */
export function useOwnWatch(workspaceId: string, enabled: boolean) {
  const { watches, own, refetch } = useWatches(workspaceId, enabled);
  const watch = watches.find(({ id }) => id === own) ?? null;
  const watchId = watch?.id;
  const latest = useRef(watchId);
  latest.current = watchId;
  useEffect(() => {
    if (!watchId) return;
    const beat = setInterval(async () => {
      const result = await beatWatchAction({ watchId }).catch(() => null);
      if (result?.ok && !result.data.goesOn) void refetch();
    }, beatMs);
    const end = () =>
      void fetch(`/api/watches/${watchId}/end`, { method: "POST", keepalive: true }).catch(() => undefined);
    window.addEventListener("pagehide", end);
    return () => {
      clearInterval(beat);
      window.removeEventListener("pagehide", end);
      // Left for another page; where the watch itself is over there is nothing to end.
      if (latest.current === watchId) end();
    };
  }, [watchId, refetch]);
  return { watch, refetch };
}
