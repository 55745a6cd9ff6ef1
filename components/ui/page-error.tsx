"use client";

import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { Button } from "./button";
import { ErrorState } from "./error-state";

/** For `error.tsx`: what a page shows when it could not be drawn, with a way to try again. */
export function PageError({ error, retry }: { error: Error & { digest?: string }; retry: () => void }) {
  const t = useTranslations("ui.error");
  // The digest is the number under which the server logged the cause.
  useEffect(() => console.error(error), [error]);
  return (
    <ErrorState
      requestId={error.digest}
      action={
        <Button variant="primary" onClick={retry}>
          {t("retry")}
        </Button>
      }
    />
  );
}
