/** What goes through at once; more belongs into a file. Bytes of UTF-8. */
const mostBytes = 262_144;

export type Desk = {
  /** Puts a text into the desktop's clipboard; resolves when it is there. */
  set(text: string): Promise<void>;
};

/**
 * Keeps this computer's clipboard and the desktop's the same, as far as the browser lets it: what is copied inside
 * goes out at once or at the next key or click; what is copied outside goes in when it is pasted, and when the page
 * gets the focus back where reading is allowed.
 */
export class ClipboardBridge {
  /** The text that both sides had last. */
  private known: string | null = null;
  /** Copied inside, and not let out yet. */
  private waiting: string | null = null;

  constructor(
    private readonly desk: Desk,
    private readonly tell: { copied(text: string): void; tooLong(): void },
  ) {}

  /** Something was copied inside. */
  async copied(text: string): Promise<void> {
    this.known = text;
    this.waiting = text;
    this.tell.copied(text);
    await this.letOut();
  }

  /** Somebody does something on the page: now the browser may allow what it refused before. */
  async letOut(): Promise<void> {
    const text = this.waiting;
    if (text === null) return;
    try {
      await navigator.clipboard.writeText(text);
      if (this.waiting === text) this.waiting = null;
    } catch {
      // No focus, no gesture, no secure origin: it stays in the panel.
    }
  }

  /** Puts a text in; false: it was too long. */
  async put(text: string): Promise<boolean> {
    if (text === this.known) return true;
    if (new TextEncoder().encode(text).byteLength > mostBytes) {
      this.tell.tooLong();
      return false;
    }
    await this.desk.set(text);
    this.known = text;
    return true;
  }

  /**
   * What a paste by keys should put in first; null: nothing, because what is inside is newer than what the browser
   * pasted.
   */
  pasted(text: string | null): string | null {
    return this.waiting !== null || text === this.known ? null : text;
  }

  /** The page has the focus again: something else may have been copied meanwhile. */
  async focused(): Promise<void> {
    if (this.waiting !== null) return;
    try {
      const name = "clipboard-read" as PermissionName;
      if ((await navigator.permissions.query({ name })).state !== "granted") return;
      const text = await navigator.clipboard.readText();
      if (text) await this.put(text);
    } catch {
      // Not every browser knows this permission; pasting by keys works in all of them.
    }
  }

  /** Somebody went elsewhere: what was not let out is old. */
  left(): void {
    this.waiting = null;
  }

  /** Another desktop, or the same one after a while: nobody knows what is in its clipboard. */
  forget(): void {
    this.known = null;
  }
}
