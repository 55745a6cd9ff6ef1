import { and, eq } from "drizzle-orm";
import { workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { defaultLocale, isLocale } from "@/lib/platform/i18n/locale";
import { type Messages, messages } from "@/lib/platform/i18n/messages";
import { driverFor } from "./drivers";
import { loadForDriver } from "./load";

type Notice = {
  about: "deadline" | "idle";
  minutes: number;
};
type Args = { ctx: Ctx; input: { attemptId: string } & Notice };

const patienceMs = 15_000;

/**
 * Shows a warning inside the desktop that a student works in, in their language; for a notebook its own page does. At
 * once over, and never an error: whoever warns has more to do, and the page around the desktop says the same.
 */
export function tellInside({ ctx, input }: Args): void {
  void show(ctx, input).catch((error: unknown) =>
    ctx.log.debug({ err: error, attempt: input.attemptId }, "a warning was not shown inside the desktop"),
  );
}

async function show(ctx: Ctx, { attemptId, ...notice }: Args["input"]): Promise<void> {
  const [row] = await ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(and(eq(workspaces.live, attemptId), eq(workspaces.state, "ready")));
  if (!row) return;
  const { template, ref, locale } = await loadForDriver(ctx, row.id);
  if (!ref || template.protocol === "jupyter") return;
  const agent = await driverFor(template.driver).agent(ref);
  const late = setTimeout(() => agent.close(), patienceMs);
  try {
    const { title, body } = wordsOf(notice, locale);
    await agent.notify(title, body, notice.minutes <= 5);
  } finally {
    clearTimeout(late);
    agent.close();
  }
}

/** Without a time of day: the desktop's clock may be another than the student's. */
export function wordsOf({ about, minutes }: Notice, language: string | undefined) {
  const locale = isLocale(language) ? language : defaultLocale;
  const texts = messages[locale].workspaces as Messages;
  const of = (key: string) => (texts.inside as Record<string, string>)[key] ?? key;
  const kind = about === "deadline" && minutes <= 1 ? "lastMinute" : about;
  return {
    title: of(`${kind}Title`).replace("{minutes}", String(minutes)),
    body: of(kind).replace("{minutes}", String(minutes)),
  };
}
