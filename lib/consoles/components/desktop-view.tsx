"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useCallback } from "react";
import type { Entrance } from "@/components/desktop/session";
import type { ShownError } from "@/components/error-message";
import { buttonClass } from "@/components/ui/button";

// Its library touches `window` as soon as it is loaded, and Jupyter needs none of it.
const Desktop = dynamic(() => import("@/components/desktop/desktop"), { ssr: false });

/** Refusals that time may mend: a service that restarts, a workspace that is paused or moves. */
const passing = new Set(["unavailable", "consoles.notReady"]);
const unreachable: ShownError = { code: "unavailable", key: "unavailable" };

async function enter(workspaceId: string, mode: "use" | "watch"): Promise<Entrance> {
  const response = await fetch("/api/consoles/tickets", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ workspaceId, kind: "desktop", mode }),
  }).catch(() => null);
  if (!response) return { kind: "refused", error: unreachable, later: true };
  if (response.status === 401) return { kind: "signedOut" };
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return { kind: "ticket", ticket: (body as { ticket: string }).ticket };
  const error = (body as { error?: ShownError } | null)?.error ?? unreachable;
  return { kind: "refused", error, later: passing.has(error.key) || passing.has(error.code) };
}

/**
 * The desktop of a workspace. `use`: to work in it, its own person or who was given the controls; `watch`: to look
 * on. Only its own person's window sets its size.
 */
export function DesktopView({
  workspaceId,
  mode,
  active = true,
  own = mode === "use",
}: {
  workspaceId: string;
  mode: "use" | "watch";
  /** False while it is paused: it keeps its last picture. */
  active?: boolean;
  /** Not so for a teacher whom a student let in. */
  own?: boolean;
}) {
  const t = useTranslations("desktop.signedOut");
  const ask = useCallback(() => enter(workspaceId, mode), [workspaceId, mode]);
  return (
    <Desktop
      key={mode}
      path={`/api/consoles/tunnel/${workspaceId}`}
      mode={mode}
      own={own}
      active={active}
      enter={ask}
      signIn={
        <a
          href={`/sign-in?next=${encodeURIComponent(`/workspaces/${workspaceId}`)}`}
          className={buttonClass({ variant: "primary" })}
        >
          {t("link")}
        </a>
      }
    />
  );
}
