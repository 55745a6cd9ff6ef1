"use client";

import { PageError } from "@/components/ui/page-error";

/** Inside the frame: navigation stays, only the page failed. */
export default function AppError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return <PageError error={error} retry={reset} />;
}
