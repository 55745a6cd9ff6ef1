import { AudioContextFactory } from "guacamole-common-js";

/**
 * The sound of desktops, which can be silenced. The library's player schedules every packet that comes; into a
 * context that is muted or still waits for a gesture those would all sound at once later, so they go nowhere.
 */
export class Sound {
  private context: AudioContext | null = null;
  muted = false;

  /** Makes the library's players play through here. Call it before a desktop connects. */
  attach(): void {
    this.context ??= AudioContextFactory.getAudioContext();
    const context = this.context;
    if (!context) return;
    const audible = () => !this.muted && context.state === "running";
    AudioContextFactory.singleton = {
      get currentTime() {
        return context.currentTime;
      },
      destination: context.destination,
      createBuffer: context.createBuffer.bind(context),
      createBufferSource: () =>
        audible() ? context.createBufferSource() : { buffer: null, connect() {}, start() {} },
    } as unknown as AudioContext;
  }

  /** Browsers let a page sound only after somebody has done something on it. */
  wake(): void {
    if (this.context?.state === "suspended") void this.context.resume().catch(() => undefined);
  }

  /** Ends it for good. */
  close(): void {
    if (this.context) void this.context.close().catch(() => undefined);
    this.context = null;
    AudioContextFactory.singleton = null;
  }
}
