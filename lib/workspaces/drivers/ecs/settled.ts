import { instanceOf } from "@/lib/clouds";
import { toAppError } from "@/lib/platform/errors";
import { cloudCtx, knownOf, linkOf } from "./machine";
import { answered } from "./ssh";

/** Windows does not say when it has set itself up. */
const windowsMs = 3 * 60_000;

/** Says how far the set-up is, where there is one; without a shell of its own nobody asks. */
const line = "command -v cloud-init >/dev/null 2>&1 || exit 0; cloud-init status 2>/dev/null";

/** Whether the first boot of an instance is over: Linux takes our password and says so, Windows has had its time. */
export async function hasSettled(workspaceId: string): Promise<boolean> {
  const ctx = cloudCtx();
  const { spec } = await knownOf(ctx, workspaceId);
  if (spec.os === "windows") {
    const row = await instanceOf({ ctx, input: { workspaceId } });
    return ctx.clock.now().getTime() - (row?.acceptedAt ?? ctx.clock.now()).getTime() > windowsMs;
  }
  try {
    const channel = await (await linkOf(workspaceId)).run(line);
    channel.stderr.resume();
    let said = "";
    const all = (async () => {
      for await (const part of channel) if (said.length < 1_000) said += String(part);
    })();
    await answered(all, () => channel.destroy());
    // `done`, `error` and `disabled` stay as they are.
    return !/status: *(not started|not run|running)/.test(said);
  } catch (error) {
    const { key } = toAppError(error);
    if (key === "instanceRefused" || key === "hostUnreachable") return false;
    throw error;
  }
}
