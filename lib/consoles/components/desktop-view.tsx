"use client";

/** The desktop of a workspace, to work in or only to look at. */
export function DesktopView(_: { workspaceId: string; mode: "use" | "watch" }) {
  return <div className="min-h-0 flex-1" />;
}
