import { planText } from "./text-plan";

export const keys = {
  backspace: 0xff08,
  tab: 0xff09,
  enter: 0xff0d,
  escape: 0xff1b,
  insert: 0xff63,
  delete: 0xffff,
  print: 0xff61,
  f4: 0xffc1,
  shift: 0xffe1,
  control: 0xffe3,
  alt: 0xffe9,
  super: 0xffeb,
  v: 0x76,
} as const;

const modifiers = new Set([
  0xfe03, 0xffe1, 0xffe2, 0xffe3, 0xffe4, 0xffe7, 0xffe8, 0xffe9, 0xffea, 0xffeb, 0xffec,
]);

/** Pasting chord that editors, browsers and terminals all know; Ctrl V means something else in a terminal. */
const pasteChord = [keys.shift, keys.insert];

/** Xvnc loses characters that come faster: measured, 5 of 300 at 8 ms a key event in gedit, none at 20. */
const paceMs = 20;
/** A program fetches what it pastes from whoever owns the clipboard: a key right behind would overtake the text. */
const fetchMs = 80;

export type Hands = {
  key(pressed: boolean, keysym: number): void;
  /** Resolves when the desktop has the text in its clipboard. */
  setClipboard(text: string): Promise<void>;
  /** Keysyms that a person holds down now. */
  held(): number[];
  sleep(ms: number): Promise<void>;
  /** Whether texts may go by the desktop's clipboard, which may be somebody else's. */
  clipboard: boolean;
};

/**
 * Everything that is typed into a desktop, in the order in which it was meant: a key that is pressed while a text
 * is on its way waits for the text.
 */
export class Typist {
  private line: (() => Promise<void>)[] = [];
  private busy = false;

  constructor(private hands: Hands) {}

  /** A key of a person's keyboard. */
  key(pressed: boolean, keysym: number): void {
    if (this.busy) this.line.push(async () => this.hands.key(pressed, keysym));
    else this.hands.key(pressed, keysym);
  }

  /** Types a text at the cursor. */
  text(text: string): Promise<void> {
    const plan = planText(text, this.hands.clipboard);
    if (!plan) return Promise.resolve();
    if (plan.kind === "paste") return this.paste(plan.text, pasteChord);
    return this.add(() =>
      this.bare(async () => {
        for (const keysym of plan.keysyms) await this.strike(keysym);
      }),
    );
  }

  /** Puts a text into the desktop's clipboard, if there is one to put, and presses the keys that paste it. */
  paste(text: string | null, chord: readonly number[]): Promise<void> {
    return this.add(async () => {
      if (text !== null) await this.hands.setClipboard(text);
      await this.bare(() => this.press(chord));
      await this.hands.sleep(fetchMs);
    });
  }

  /** Presses keys together and lets them go in reverse. */
  chord(chord: readonly number[]): Promise<void> {
    return this.add(() => this.bare(() => this.press(chord)));
  }

  /** Forgets what has not been typed yet: the desktop is gone. */
  drop(): void {
    this.line = [];
  }

  private async strike(keysym: number): Promise<void> {
    this.hands.key(true, keysym);
    await this.hands.sleep(paceMs);
    this.hands.key(false, keysym);
    await this.hands.sleep(paceMs);
  }

  private async press(chord: readonly number[]): Promise<void> {
    for (const keysym of chord) this.hands.key(true, keysym);
    await this.hands.sleep(paceMs);
    for (const keysym of chord.toReversed()) this.hands.key(false, keysym);
  }

  /** Without the modifiers that somebody holds: those would make another key of it. */
  private async bare(work: () => Promise<void>): Promise<void> {
    const held = this.hands.held().filter((keysym) => modifiers.has(keysym));
    for (const keysym of held) this.hands.key(false, keysym);
    await work();
    const still = this.hands.held();
    for (const keysym of held) if (still.includes(keysym)) this.hands.key(true, keysym);
  }

  private add(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.line.push(() => work().then(resolve, reject));
      void this.run();
    });
  }

  private async run(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (let next = this.line.shift(); next; next = this.line.shift()) await next();
    this.busy = false;
  }
}
