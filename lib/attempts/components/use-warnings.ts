"use client";

import { useQuery } from "@tanstack/react-query";
import { useLive } from "@/components/live/live";
import type { Warning } from "../warnings";

const key = ["warnings"];

async function ask(signal: AbortSignal): Promise<Warning[]> {
  const response = await fetch("/api/attempts/warnings", { signal });
  if (!response.ok) throw new Error(String(response.status));
  return JSON.parse(await response.text(), (name, value: unknown) =>
    name === "at" && typeof value === "string" ? new Date(value) : value,
  ) as Warning[];
}

/** The warnings that hold now, asked again when the server says that something of one's own has changed. */
export function useWarnings(first: Warning[]): { warnings: Warning[]; refetch: () => void } {
  const { data, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask(signal),
    initialData: first,
    staleTime: 5_000,
    retry: 3,
  });
  useLive(["user:me"], ({ kind }) => {
    if (kind !== "end") void refetch();
  });
  return { warnings: data, refetch: () => void refetch() };
}
