"use client";

import { useTranslations } from "next-intl";
import { useErrorMessage } from "@/components/error-message";
import { Button, buttonClass } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import type { ConsoleState, useConsole } from "@/lib/workspaces/components/use-console";

/** What the frame may do: run, open windows and save files, but never steer the page around it. */
const sandbox =
  "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals";

/** The workspace itself, in a frame of its own origin. */
export function WorkspaceFrame({
  name,
  title,
  workspaceId,
  console: { frame, state, loaded, retry },
}: {
  name: string;
  title: string;
  workspaceId: string;
  console: Pick<ReturnType<typeof useConsole>, "frame" | "state" | "loaded" | "retry">;
}) {
  const t = useTranslations("workspaces.frame");
  return (
    <div className="relative min-h-0 min-w-0 flex-1">
      <iframe
        ref={frame}
        name={name}
        title={t("title", { name: title })}
        sandbox={sandbox}
        allow="clipboard-read; clipboard-write; fullscreen"
        referrerPolicy="no-referrer"
        onLoad={loaded}
        className="size-full border-0 outline-none"
      />
      {state.kind === "open" ? null : (
        <div className="absolute inset-0 grid place-items-center bg-surface p-4">
          <FrameState state={state} workspaceId={workspaceId} retry={retry} />
        </div>
      )}
    </div>
  );
}

function FrameState({
  state,
  workspaceId,
  retry,
}: {
  state: Exclude<ConsoleState, { kind: "open" }>;
  workspaceId: string;
  retry: () => void;
}) {
  const t = useTranslations("workspaces.frame");
  const message = useErrorMessage();
  if (state.kind === "opening") {
    return (
      <p role="status" className="flex items-center gap-2 text-muted">
        <Spinner />
        {t("opening")}
      </p>
    );
  }
  if (state.kind === "signedOut") {
    return (
      <Message title={t("signedOut")} text={t("signedOutText")}>
        <a
          href={`/sign-in?next=${encodeURIComponent(`/workspaces/${workspaceId}`)}`}
          className={buttonClass({ variant: "primary" })}
        >
          {t("signIn")}
        </a>
      </Message>
    );
  }
  return (
    <Message
      title={state.kind === "lost" ? t("lost") : t("refused")}
      text={state.kind === "lost" ? t("lostText") : message(state.error)}
    >
      <Button variant="primary" onClick={retry}>
        {t("retry")}
      </Button>
    </Message>
  );
}

const Message = ({ title, text, children }: { title: string; text: string; children: React.ReactNode }) => (
  <div role="alert" className="flex max-w-md flex-col items-center gap-2 text-center">
    <p className="font-semibold text-lg">{title}</p>
    <p className="text-muted text-sm">{text}</p>
    <div className="mt-2">{children}</div>
  </div>
);
