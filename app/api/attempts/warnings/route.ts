import { apiRoute } from "@/lib/accounts";
import { ownWarnings } from "@/lib/attempts";

/** What the signed-in student has to be told now: time that runs out, a stop because nobody does anything. */
export const GET = apiRoute(async ({ ctx }) => Response.json(await ownWarnings({ ctx })));
