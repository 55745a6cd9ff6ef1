"use client";

import { type RefObject, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { DesktopController, type DesktopOptions } from "./controller";
import type { Snapshot } from "./session";

const nothing = () => () => undefined;
const idle: Snapshot = { state: { kind: "opening" }, ping: null, stable: true, transport: "socket" };

/**
 * A desktop in `host` for as long as `active`, which comes back by itself. What it shows stays when it is not
 * active any more. Options are those of the first call.
 */
export function useDesktop(host: RefObject<HTMLElement | null>, options: DesktopOptions, active: boolean) {
  const first = useRef(options);
  first.current.tell = options.tell;
  first.current.enter = options.enter;
  const [controller, setController] = useState<DesktopController | null>(null);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const { tell, ...rest } = first.current;
    const made = new DesktopController({
      ...rest,
      enter: () => first.current.enter(),
      tell: {
        copied: (text) => first.current.tell.copied(text),
        tooLong: () => first.current.tell.tooLong(),
        leave: () => first.current.tell.leave(),
      },
    });
    const unmount = made.mount(element);
    setController(made);
    return () => {
      unmount();
      setController(null);
    };
  }, [host]);
  useEffect(() => {
    if (!controller || !active) return;
    controller.session.start();
    return () => controller.session.stop();
  }, [controller, active]);
  const { subscribe, get } = useMemo(
    () => controller?.session ?? { subscribe: nothing, get: () => idle },
    [controller],
  );
  return { controller, snapshot: useSyncExternalStore(subscribe, get, () => idle) };
}
