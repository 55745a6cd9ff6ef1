import type { FrameLocator, Page } from "@playwright/test";

/** JupyterLab in the frame of a workspace's page, as a student uses it. */
export class Notebook {
  readonly lab: FrameLocator;
  private runs = 0;

  constructor(readonly page: Page) {
    this.lab = page.frameLocator("main iframe");
  }

  /** A new notebook with its kernel from the launcher, saved once so that a reload finds it. */
  async create(): Promise<void> {
    await this.lab.locator(".jp-LauncherCard").first().click({ timeout: 120_000 });
    await this.editor().waitFor({ timeout: 60_000 });
  }

  /** Opens the notebook from the list of files, where another tab has made it. */
  async openFile(name: string): Promise<void> {
    await this.lab.locator(".jp-DirListing-item", { hasText: name }).dblclick({ timeout: 120_000 });
    await this.editor().waitFor({ timeout: 60_000 });
  }

  /**
   * Runs one line in the last cell and gives what it prints. JupyterLab drops a run that comes while it still
   * connects to its kernel; a person presses again, and so does this.
   */
  async run(line: string): Promise<string> {
    const idle = this.lab.locator(".jp-StatusBar-Widget").getByText("空闲");
    const outputs = this.lab.locator(".jp-Notebook .jp-OutputArea-output pre");
    for (let tries = 1; ; tries++) {
      await idle.waitFor({ timeout: 12_000 }).catch(() => undefined);
      const mark = `done-${++this.runs}`;
      await this.editor().click({ timeout: 60_000 });
      await this.page.keyboard.press("Control+a");
      await this.page.keyboard.type(`${line}; print("${mark}", end="")`);
      await this.page.keyboard.press("Shift+Enter");
      const output = outputs.filter({ hasText: mark });
      const printed = await output.waitFor({ timeout: 20_000 }).then(
        () => output.innerText(),
        () => null,
      );
      if (printed !== null) return printed.replace(mark, "").trim();
      if (tries >= 3) throw new Error(`no output of ${line} after ${tries} tries`);
    }
  }

  async save(): Promise<void> {
    await this.page.keyboard.press("Control+s");
    const rename = this.lab.getByRole("button", { name: "重命名并保存" });
    await rename.or(this.lab.locator(".jp-Notebook")).first().waitFor();
    if (await rename.isVisible().catch(() => false)) await rename.click();
  }

  /** Ids of the kernels that the server in the workspace has, asked with the frame's own cookie. */
  async kernels(): Promise<string[]> {
    const frame = this.page.frames().find((one) => new URL(one.url()).pathname.startsWith("/lab"));
    if (!frame) throw new Error("no JupyterLab in the page");
    return frame.evaluate(async () => {
      const answer = await fetch("/api/sessions");
      const sessions = (await answer.json()) as { kernel: { id: string } }[];
      return sessions.map(({ kernel }) => kernel.id).sort();
    });
  }

  private editor() {
    return this.lab.locator(".jp-Notebook .cm-content").last();
  }
}
