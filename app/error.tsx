"use client";

import { PageError } from "@/components/ui/page-error";

export default function RootError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <main className="grid min-h-[70dvh] place-items-center">
      <PageError error={error} retry={reset} />
    </main>
  );
}
