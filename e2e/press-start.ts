import { expect, type Page } from "@playwright/test";

/** The workspace whose page this is. */
export const workspaceOf = (page: Page): string => /workspaces\/(\w{26})/.exec(page.url())?.[1] ?? "";

/** Presses Start, on the page of the experiment that is opened or was; says which workspace came of it. */
export async function pressStart(page: Page, experimentId?: string): Promise<string> {
  if (experimentId) await page.goto(`/experiments/${experimentId}`);
  await page.getByRole("button", { name: "开始实验" }).click();
  await expect(page).toHaveURL(/\/workspaces\/\w{26}/);
  return workspaceOf(page);
}
