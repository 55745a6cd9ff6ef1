import { z } from "zod";

const id = z.string().length(26);

export const watchInput = z.object({ watchId: id });
export const answerInput = watchInput.extend({ accept: z.boolean() });
