"use client";

import { useEffect, useId, useState } from "react";

type TextField = HTMLInputElement | HTMLTextAreaElement;

const isTextField = (element: Element): element is TextField =>
  element instanceof HTMLTextAreaElement ||
  (element instanceof HTMLInputElement && !["hidden", "checkbox", "radio", "file"].includes(element.type));

/**
 * A form is on the screen before its script has come. What a person typed by then is found at the first render and
 * typed again after it; `ready` says from when on a press of its button reaches the script.
 */
export function useTypedEarly(): { id: string; ready: boolean } {
  const id = useId();
  const [ready, setReady] = useState(false);
  const [typed] = useState(() => {
    if (typeof document === "undefined") return [];
    const form = document.getElementById(id);
    const fields = form instanceof HTMLFormElement ? [...form.elements].filter(isTextField) : [];
    return fields.map((field) => ({ field, value: field.value })).filter(({ value }) => value !== "");
  });
  useEffect(() => {
    for (const { field, value } of typed) retype(field, value);
    setReady(true);
  }, [typed]);
  return { id, ready };
}

/** As if typed: React passes over an event whose value it has seen, and sees what is set on the element itself. */
function retype(field: TextField, value: string): void {
  if (!field.isConnected) return;
  field.value = "";
  const { prototype } = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(prototype, "value")?.set?.call(field, value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
