import type { ReactNode } from "react";

/** The shells of a workspace, as tabs in the drawer; null as long as there are none to offer. */
export const Terminals: ((props: { workspaceId: string; mode?: "use" | "watch" }) => ReactNode) | null = null;
