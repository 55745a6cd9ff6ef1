import { z } from "zod";

const id = z.string().length(26);

export const consentInput = z.object({ workspaceId: id });
