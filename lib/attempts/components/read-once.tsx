"use client";

import { type ReactNode, useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/section";

type Props = {
  /** Of what is said, and of which workspace. */
  name: string;
  tone: "ok" | "warn";
  title?: ReactNode;
  dismiss: string;
  children: ReactNode;
};

/** A notice over a workspace, until it has been read in this browser. */
export function ReadOnce({ name, dismiss, children, ...notice }: Props) {
  const key = `labyard-read-${name}`;
  const [read, setRead] = useState(true);
  useEffect(() => setRead(localStorage.getItem(key) === "1"), [key]);
  if (read) return null;
  const close = () => {
    localStorage.setItem(key, "1");
    setRead(true);
  };
  return (
    <div role="status">
      <Notice
        {...notice}
        actions={
          <Button size="sm" onClick={close}>
            {dismiss}
          </Button>
        }
      >
        {children}
      </Notice>
    </div>
  );
}
