import type { ReactNode } from "react";

/** The shells of a workspace, as tabs in the drawer; null as long as there are none to offer. */
export const Terminals: ((props: { workspaceId: string }) => ReactNode) | null = null;
