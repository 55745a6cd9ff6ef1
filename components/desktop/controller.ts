import { type Event as GuacamoleEvent, Keyboard, Mouse } from "guacamole-common-js";
import { ClipboardBridge } from "./clipboard";
import { Connection, connectData } from "./connection";
import { type Size, scaleTo, type Wanted, wantedSize } from "./fit";
import { DesktopSession, type Entrance } from "./session";
import { Sound } from "./sound";
import { listenToField } from "./text-input";
import { type TouchMode, touchLayers } from "./touch";
import { keys, Typist } from "./typist";

const settleMs = 250;
const mouseEvents = ["mousedown", "mouseup", "mousemove"];

export type DesktopOptions = {
  /** Where the tunnel is on this origin. */
  path: string;
  /** `watch`: sees, and sends nothing. */
  mode: "use" | "watch";
  /** Whether it is this person's own: only then it takes on the size of this window and shares its clipboard. */
  own: boolean;
  enter(): Promise<Entrance>;
  /** The name of the field that takes the keys, for screen readers. */
  label: string;
  tell: {
    /** Copied inside. */
    copied(text: string): void;
    tooLong(): void;
    /** Ctrl Alt Shift: the keyboard is given back to the page. */
    leave(): void;
  };
};

/** A desktop in an element of the page: its picture, and everything that goes into it. */
export class DesktopController {
  readonly session: DesktopSession;
  readonly typist: Typist;
  readonly clipboard: ClipboardBridge;
  readonly sound = new Sound();
  private shown: Connection | null = null;
  private keyboard: Keyboard | null = null;
  private screen: HTMLElement | null = null;
  private field: HTMLTextAreaElement | null = null;
  private mouse: Mouse | null = null;
  private touch: ReturnType<typeof touchLayers> | null = null;
  private room: Size = { width: 0, height: 0 };
  private sent: Wanted = { width: 0, height: 0, dpi: 96 };
  private settle: ReturnType<typeof setTimeout> | undefined;
  private touchMode: TouchMode = "direct";
  private fine = false;

  constructor(private readonly options: DesktopOptions) {
    this.typist = new Typist({
      key: (pressed, keysym) => this.shown?.key(pressed, keysym),
      setClipboard: async (text) => {
        await this.clipboard.put(text);
      },
      held: () => Object.keys(this.keyboard?.pressed ?? {}).map(Number),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      clipboard: options.own,
    });
    this.clipboard = new ClipboardBridge(
      { set: (text) => this.shown?.setClipboard(text) ?? Promise.resolve() },
      options.tell,
    );
    this.session = new DesktopSession({
      enter: options.enter,
      connect: (transport, ticket, events) => {
        this.sound.attach();
        this.sent = this.wanted();
        const connection = new Connection(options.path, transport, events, this.sent);
        connection.connect(connectData(ticket, options.mode, this.sent));
        return connection;
      },
      opened: (connection) => this.show(connection),
      lost: () => this.lose(),
      events: {
        clipboard: (text) => void this.clipboard.copied(text),
        resized: () => this.fit(),
        cursor: (canvas, x, y) => this.mouse?.setCursor(canvas, x, y),
      },
    });
  }

  /** Puts the desktop into an element and connects; the answer takes it out again. */
  mount(host: HTMLElement): () => void {
    const controller = new AbortController();
    const { signal } = controller;
    const whole = document.createElement("div");
    whole.className = "absolute inset-0 grid place-items-center overflow-hidden";
    const screen = document.createElement("div");
    screen.className = "relative select-none";
    whole.append(screen);
    host.append(whole);
    this.screen = screen;
    if (this.options.mode === "use") this.takeInput(whole, screen, signal);
    const observer = new ResizeObserver(([entry]) => {
      if (entry) this.resized(entry.contentRect);
    });
    this.room = { width: host.clientWidth, height: host.clientHeight };
    observer.observe(host);
    this.followDensity(signal);
    const hurry = () => this.session.hurry();
    window.addEventListener("online", hurry, { signal });
    document.addEventListener("visibilitychange", () => document.hidden || hurry(), { signal });
    return () => {
      controller.abort();
      observer.disconnect();
      clearTimeout(this.settle);
      this.session.stop();
      this.sound.close();
      whole.remove();
    };
  }

  focus(): void {
    this.field?.focus({ preventScroll: true });
  }

  setTouchMode(mode: TouchMode): void {
    this.touchMode = mode;
    this.touch?.use(mode);
    this.shown?.display.showCursor(mode === "pad");
  }

  /** Opens the soft keyboard of a phone; a tap on the picture alone does not. */
  openSoftKeyboard(): void {
    if (!this.field) return;
    this.field.inputMode = "text";
    this.field.blur();
    this.focus();
  }

  /** Presses or lets go one key, as a key of the person's own keyboard. */
  press(keysym: number): void {
    this.keyboard?.press(keysym);
  }
  release(keysym: number): void {
    this.keyboard?.release(keysym);
  }
  releaseAll(): void {
    this.keyboard?.reset();
  }

  /** All pixels of a dense screen for more room, with smaller text. */
  setFine(fine: boolean): void {
    this.fine = fine;
    this.sendSize();
  }

  private wanted(): Wanted {
    return wantedSize(this.room, window.devicePixelRatio, this.fine);
  }

  private resized({ width, height }: Size): void {
    if (width === 0 || height === 0) return;
    this.room = { width, height };
    this.fit();
    clearTimeout(this.settle);
    this.settle = setTimeout(() => this.sendSize(), settleMs);
  }

  /** A window that is dragged to a denser screen, or zoomed, has as much room and other pixels. */
  private followDensity(signal: AbortSignal): void {
    const here = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    const changed = () => {
      this.followDensity(signal);
      this.resized(this.room);
    };
    here.addEventListener("change", changed, { once: true, signal });
  }

  private sendSize(): void {
    const wanted = this.wanted();
    if (!this.options.own || !this.shown) return;
    const { width, height, dpi } = this.sent;
    if (wanted.width === width && wanted.height === height && wanted.dpi === dpi) return;
    this.sent = wanted;
    this.shown.size(wanted);
  }

  private fit(): void {
    const display = this.shown?.display;
    if (!display) return;
    const scale = scaleTo(this.room, { width: display.getWidth(), height: display.getHeight() });
    // A pixel for a pixel is sharper than a picture that fills the last one of the room.
    const whole = 1 / window.devicePixelRatio;
    display.scale(Math.abs(scale / whole - 1) < 0.01 ? whole : scale);
  }

  private show(connection: Connection): void {
    this.shown?.display.getElement().remove();
    this.shown = connection;
    this.screen?.prepend(connection.display.getElement());
    connection.display.showCursor(this.options.mode === "watch" || this.touchMode === "pad");
    this.clipboard.forget();
    this.fit();
    this.sendSize();
    const { activeElement } = document;
    if (!activeElement || activeElement === document.body) this.focus();
    if (this.options.own && document.hasFocus()) void this.clipboard.focused();
  }

  private lose(): void {
    this.keyboard?.reset();
    this.typist.drop();
  }

  private takeInput(whole: HTMLElement, screen: HTMLElement, signal: AbortSignal): void {
    const { tell, label, own } = this.options;
    const touch = touchLayers(screen);
    const mouse = new Mouse(screen);
    const field = document.createElement("textarea");
    field.className = "desktop-field";
    field.setAttribute("aria-label", label);
    Object.assign(field, { autocomplete: "off", spellcheck: false, rows: 1, autocapitalize: "off" });
    field.setAttribute("autocorrect", "off");
    // Opened by its own button only: every tap would bring it up.
    if (matchMedia("(pointer: coarse)").matches) field.inputMode = "none";
    screen.append(field);
    Object.assign(this, { touch, mouse, field });
    touch.use(this.touchMode);

    const pointer = (event: GuacamoleEvent) => {
      const { state, type } = event as Mouse.Event;
      if (type === "mousedown") {
        this.gesture();
        (event as Mouse.Event).preventDefault();
        field.style.left = `${Math.min(state.x, Math.max(0, screen.clientWidth - 120))}px`;
        field.style.top = `${Math.min(state.y, Math.max(0, screen.clientHeight - 28))}px`;
        this.focus();
      }
      if (type === "mousemove" && this.touchMode !== "pad") this.shown?.display.showCursor(false);
      this.shown?.mouse(state);
    };
    for (const target of [mouse, ...touch.targets]) target.onEach(mouseEvents, pointer);

    const keyboard = new Keyboard(whole);
    this.keyboard = keyboard;
    keyboard.onkeydown = (keysym) => {
      this.gesture();
      this.typist.key(true, keysym);
      const { ctrl, alt, shift } = keyboard.modifiers;
      if (ctrl && alt && shift) {
        keyboard.reset();
        tell.leave();
      }
    };
    keyboard.onkeyup = (keysym) => this.typist.key(false, keysym);
    const reset = () => keyboard.reset();
    field.addEventListener("blur", reset, { signal });
    window.addEventListener("blur", () => this.clipboard.left(), { signal });
    if (own) window.addEventListener("focus", () => void this.clipboard.focused(), { signal });
    signal.addEventListener(
      "abort",
      listenToField(field, {
        text: (text) => void this.typist.text(text),
        key: (keysym) => void this.typist.chord([keysym]),
        paste: (text, chord) => void this.typist.paste(own ? this.clipboard.pasted(text) : null, chord),
        composing: (composing) => field.toggleAttribute("data-composing", composing),
      }),
    );
    const lock = () => {
      // With it also Esc, Alt Tab and the system's own keys get into the desktop.
      const { keyboard: held } = navigator as Navigator & {
        keyboard?: { lock?(): Promise<void>; unlock?(): void };
      };
      if (document.fullscreenElement) void held?.lock?.().catch(() => undefined);
      else held?.unlock?.();
    };
    lock();
    document.addEventListener("fullscreenchange", lock, { signal });
  }

  /** Somebody does something: what the browser allows only then. */
  private gesture(): void {
    this.sound.wake();
    void this.clipboard.letOut();
  }
}

/** Combinations that a browser or the system keeps for itself. */
export const combinations: readonly { name: string; chord: readonly number[] }[] = [
  { name: "Ctrl Alt Del", chord: [keys.control, keys.alt, keys.delete] },
  { name: "Alt Tab", chord: [keys.alt, keys.tab] },
  { name: "Alt F4", chord: [keys.alt, keys.f4] },
  { name: "Ctrl Alt T", chord: [keys.control, keys.alt, 0x74] },
  { name: "Super", chord: [keys.super] },
  { name: "PrintScreen", chord: [keys.print] },
  { name: "Esc", chord: [keys.escape] },
];
