const type = "labyard:leave";

/** Goes somewhere else from a script, as a tab or a row does, unless somebody asks first: see {@link onLeaving}. */
export function leaving(go: () => void): void {
  if (window.dispatchEvent(new CustomEvent(type, { detail: go, cancelable: true }))) go();
}

/** While it listens nobody leaves by a script before `ask` calls what it is given. The first one asks, for all. */
export function onLeaving(ask: (go: () => void) => void): () => void {
  const listen = (event: Event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    ask((event as CustomEvent<() => void>).detail);
  };
  window.addEventListener(type, listen);
  return () => window.removeEventListener(type, listen);
}
