"use client";

import { MonitorSmartphone } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useAction } from "@/components/form/use-action";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { endSessionAction } from "../actions";
import type { OwnSession } from "../queries";
import { deviceName } from "./device-name";

/** Where one is signed in, each to be ended on its own. */
export function SessionList({ sessions }: { sessions: readonly OwnSession[] }) {
  return (
    <ul className="divide-y divide-border">
      {sessions.map((session) => (
        <SessionLine key={session.id} session={session} />
      ))}
    </ul>
  );
}

function SessionLine({ session }: { session: OwnSession }) {
  const t = useTranslations("accounts.sessions");
  const router = useRouter();
  const { run, busy } = useAction(endSessionAction);
  const device = deviceName(session.userAgent) ?? t("unknownDevice");
  const end = async () => {
    if (!(await run({ sessionId: session.id }))) return;
    toast({ title: t("ended", { device }) });
    router.refresh();
  };
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
      <MonitorSmartphone aria-hidden="true" className="size-4 shrink-0 text-muted" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2">
          {device}
          {session.current ? <Badge tone="ok">{t("current")}</Badge> : null}
        </p>
        <p className="text-muted text-xs">
          {session.address ? `${session.address} · ` : null}
          {t("seen")} <Time at={session.seenAt} mode="relative" />
        </p>
      </div>
      {session.current ? null : (
        <Button size="sm" busy={busy} onClick={() => void end()} aria-label={t("endOf", { device })}>
          {t("end")}
        </Button>
      )}
    </li>
  );
}
