import { getTranslations } from "next-intl/server";
import { apiRoute } from "@/lib/accounts";
import { downloadResponse } from "@/lib/collections";
import { exportCosts } from "@/lib/costs";

/** What everything costs, as a file: `?format=xlsx|csv&from=&until=`. Administrators. */
export const GET = apiRoute(async ({ ctx, request }) => {
  const { format, from, until } = Object.fromEntries(new URL(request.url).searchParams);
  const words = await getTranslations("costs");
  return downloadResponse(await exportCosts({ ctx, input: { format, from, until }, words }));
});
