import { type Ctx, requireUser } from "@/lib/platform/context";
import { forbidden, invalid } from "@/lib/platform/errors";
import type { Topic } from "./publish";

const most = 60;
const pattern = /^(admin|jobs|user:me|(experiment|workspace|template):[0-9A-Z]{26})$/;

/** Who may listen to one experiment or workspace is decided by those nouns, given by the caller. */
export type TopicCheckers = Record<
  "experiment" | "workspace" | "template",
  (ctx: Ctx, id: string) => Promise<boolean>
>;

/**
 * Of the topics asked for (`user:me`, `admin`, …) those this person may listen to, stored name first.
 * What is refused is left out, so that a page may ask for all it knows; if nothing is left: `forbidden`.
 */
export async function authorizeTopics({
  ctx,
  input,
  checkers,
}: {
  ctx: Ctx;
  input: string;
  checkers: TopicCheckers;
}): Promise<Map<Topic, string>> {
  const user = requireUser(ctx);
  const asked = [...new Set(input.split(",").filter(Boolean))];
  if (asked.length === 0 || asked.length > most || !asked.every((topic) => pattern.test(topic))) {
    throw invalid("invalid");
  }
  const stored = new Map<Topic, string>();
  for (const topic of asked) {
    const [kind, id = ""] = topic.split(":");
    if (kind === "user") stored.set(`user:${user.id}`, topic);
    else if (kind === "admin") {
      if (user.permissions.has("workspace.any") || user.permissions.has("job.view"))
        stored.set("admin", topic);
    } else if (kind === "jobs") {
      if (user.permissions.has("job.view")) stored.set("jobs", topic);
    } else if (kind === "experiment" || kind === "workspace" || kind === "template") {
      if (await checkers[kind](ctx, id)) stored.set(`${kind}:${id}`, topic);
    }
  }
  if (stored.size === 0) throw forbidden();
  return stored;
}
