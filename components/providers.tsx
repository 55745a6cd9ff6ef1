"use client";

import { Tooltip } from "@base-ui/react/tooltip";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, useEffect, useState } from "react";
import { setServerNow } from "./ui/server-clock";
import { Toaster } from "./ui/toast";

/** What the whole app needs in the browser: query cache, URL state, toasts, tooltips, server time. */
export function Providers({ now, children }: { now: number; children: ReactNode }) {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: { queries: { staleTime: 10_000, retry: 1, refetchOnWindowFocus: true } },
      }),
  );
  useEffect(() => setServerNow(now), [now]);
  return (
    <QueryClientProvider client={client}>
      <NuqsAdapter>
        <Tooltip.Provider>{children}</Tooltip.Provider>
        <Toaster />
      </NuqsAdapter>
    </QueryClientProvider>
  );
}
