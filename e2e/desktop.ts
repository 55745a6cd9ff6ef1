import { expect, type Page } from "@playwright/test";
import { runInside } from "./run-inside";

/** What a student's desktop shows, asked of its X server. */
type Seen = {
  windows: { name: string; x: number; y: number; width: number; height: number }[];
  active: string;
  /** Something holds the keyboard for itself, as an open menu does. */
  grabbed: boolean;
  screen: { width: number; height: number };
};

const look = `
import json
from Xlib import X, display
d = display.Display(':1')
root = d.screen().root
atom = d.intern_atom
ids = root.get_full_property(atom('_NET_CLIENT_LIST'), X.AnyPropertyType)
focus = root.get_full_property(atom('_NET_ACTIVE_WINDOW'), X.AnyPropertyType)
def name(w):
    text = w.get_full_property(atom('_NET_WM_NAME'), X.AnyPropertyType)
    return text.value.decode() if text else (w.get_wm_name() or '')
windows = []
for id in ids.value if ids else []:
    w = d.create_resource_object('window', id)
    g = w.get_geometry()
    at = root.translate_coords(w, 0, 0)
    windows.append(dict(name=name(w), x=at.x, y=at.y, width=g.width, height=g.height))
active = focus.value[0] if focus and len(focus.value) else 0
grabbed = root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime) != 0
if not grabbed: d.ungrab_keyboard(X.CurrentTime)
g = root.get_geometry()
d.flush()
print(json.dumps(dict(windows=windows, active=name(d.create_resource_object('window', active)) if active else '', grabbed=grabbed, screen=dict(width=g.width, height=g.height))))
`;

declare global {
  interface Window {
    /** Ears of a story: what the page plays. */
    ear?: AnalyserNode;
  }
}

/** Lets a story hear what the page plays, from its next loading on. */
export async function giveEars(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (this: AudioNode, ...args: unknown[]) {
      const { context: audio } = this;
      if (args[0] === audio.destination && !(this instanceof AnalyserNode)) {
        window.ear ??= new AnalyserNode(audio, { fftSize: 8192 });
        Reflect.apply(connect, this, [window.ear]);
      }
      return Reflect.apply(connect, this, args);
    } as typeof connect;
  });
}

/** Puts the page on a screen with so many pixels for each of CSS's. */
export async function density(page: Page, deviceScaleFactor: number): Promise<void> {
  const size = page.viewportSize();
  if (!size) throw new Error("no window");
  const cdp = await page.context().newCDPSession(page);
  // Emulated, a page hears of another density only together with another size.
  const width = size.width - Math.floor(2 * deviceScaleFactor);
  await cdp.send("Emulation.setDeviceMetricsOverride", { ...size, width, deviceScaleFactor, mobile: false });
}

/** A student's desktop as a story uses it: by the page, and looked at from inside. */
export class StoryDesktop {
  constructor(
    readonly page: Page,
    readonly workspaceId: string,
  ) {}

  async opened(): Promise<void> {
    await expect(this.page.locator("[data-desktop=open]")).toBeVisible({ timeout: 120_000 });
  }

  /** Runs a shell line in the session, as a program of the student's would be run. */
  run(script: string): Promise<string> {
    const session = "export DISPLAY=:1 XDG_RUNTIME_DIR=/tmp/.labyard LANG=zh_CN.UTF-8 HOME=/home/student;";
    return runInside(this.workspaceId, `${session} cd; ${script}`);
  }

  /** 440 Hz for 20 s. */
  async playTone(): Promise<void> {
    await this.run(
      `python3 -c "import math,struct,sys
for i in range(44100*20): sys.stdout.buffer.write(struct.pack('<h', int(20000*math.sin(i*880*math.pi/44100))))" > /tmp/tone; (pacat --raw --rate=44100 --channels=1 --format=s16le /tmp/tone >/dev/null 2>&1 &)`,
    );
  }

  /** The loudest frequency that the page plays, in Hz; 0: silence. */
  heard(): Promise<number> {
    return this.page.evaluate(() => {
      if (!window.ear) return 0;
      const levels = new Float32Array(window.ear.frequencyBinCount);
      window.ear.getFloatFrequencyData(levels);
      const loudest = levels.indexOf(Math.max(...levels));
      const rate = window.ear.context.sampleRate / window.ear.fftSize;
      return (levels[loudest] ?? Number.NEGATIVE_INFINITY) > -60 ? Math.round(loudest * rate) : 0;
    });
  }

  async seen(): Promise<Seen> {
    for (let left = 5; ; left--) {
      const said = await this.run(`python3 - <<'END'\n${look}\nEND`);
      try {
        return JSON.parse(said) as Seen;
      } catch (error) {
        // A window went while it was looked at.
        if (left === 0) throw error;
      }
    }
  }

  async window(name: string): Promise<Seen["windows"][number] | undefined> {
    return (await this.seen()).windows.find((window) => window.name.includes(name));
  }

  /** The size of the picture in the page, in the desktop's pixels; its canvas is larger. */
  picture(): Promise<{ width: number; height: number }> {
    return this.canvas().evaluate((canvas: HTMLCanvasElement) => ({
      width: Number.parseInt(canvas.parentElement?.style.width ?? "", 10),
      height: Number.parseInt(canvas.parentElement?.style.height ?? "", 10),
    }));
  }

  /** A board of black and white points, 300 by 300, until the program `drawPixels` ends. */
  async drawPixels(): Promise<void> {
    const board = `
from Xlib import X, display
d = display.Display(":1"); s = d.screen(); r = s.root
t = r.create_pixmap(2, 2, s.root_depth); gc = t.create_gc(foreground=s.white_pixel)
t.fill_rectangle(gc, 0, 0, 2, 2); gc.change(foreground=s.black_pixel)
t.fill_rectangle(gc, 0, 0, 1, 1); t.fill_rectangle(gc, 1, 1, 1, 1)
w = r.create_window(400, 200, 300, 300, 0, s.root_depth, X.InputOutput, X.CopyFromParent, background_pixmap=t, override_redirect=1)
w.map(); d.sync(); drawPixels = d.next_event()`;
    await this.run(`setsid -f python3 -c '${board}' >/dev/null 2>&1`);
  }

  /** Which part of what a person's screen shows of those points is black or white, and nothing between. */
  async sharpness(): Promise<number> {
    const [from, to] = [await this.point(420, 220), await this.point(680, 480)];
    const clip = { ...from, width: to.x - from.x, height: to.y - from.y };
    const png = (await this.page.screenshot({ clip })).toString("base64");
    return this.page.evaluate(async (data) => {
      const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
      context?.drawImage(image, 0, 0);
      const points = context?.getImageData(2, 2, image.width - 4, image.height - 4).data ?? [];
      let [pure, dark, all] = [0, 0, 0];
      for (let i = 0; i < points.length; i += 4) {
        const value = points[i] ?? 0;
        all++;
        if (value < 8 || value > 247) pure++;
        if (value < 8) dark++;
      }
      return Math.abs(dark / all - 0.5) < 0.05 ? pure / all : 0;
    }, png);
  }

  /** Nothing is to be seen in it: every pixel is the same. */
  isBlank(): Promise<boolean> {
    return this.canvas().evaluate((canvas: HTMLCanvasElement) => {
      const small = new OffscreenCanvas(32, 32).getContext("2d");
      small?.drawImage(canvas, 0, 0, 32, 32);
      const data = small?.getImageData(0, 0, 32, 32).data ?? new Uint8ClampedArray();
      return data.every((value, i) => value === data[i % 4]);
    });
  }

  /** A point of the desktop, as the page has it. */
  async point(x: number, y: number): Promise<{ x: number; y: number }> {
    const box = await this.canvas().locator("..").boundingBox();
    const { width } = await this.picture();
    if (!box) throw new Error("the desktop is not shown");
    return { x: box.x + (x * box.width) / width, y: box.y + (y * box.width) / width };
  }

  private canvas() {
    return this.page.locator("[data-desktop] canvas").first();
  }

  async click(x: number, y: number): Promise<void> {
    const at = await this.point(x, y);
    await this.page.mouse.click(at.x, at.y);
  }
}
