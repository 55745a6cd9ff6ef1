import { getTranslations } from "next-intl/server";
import { apiRoute } from "@/lib/accounts";
import { downloadResponse } from "@/lib/collections";
import { exportCosts } from "@/lib/costs";

/** What a course costs, as a file: `?format=xlsx|csv&from=&until=&class=&student=`. Its teachers, and administrators. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const { format, from, until, class: classId, student: userId } = query;
  const words = await getTranslations("costs");
  const input = { courseId: params.id, format, from, until, classId, userId };
  return downloadResponse(await exportCosts({ ctx, input, words }));
});
