import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/**
 * What axe finds on a page at rest, each with what it is about. Frames belong to workspaces, not to the page. A page
 * that listens may draw itself anew while axe looks: only what is found by a second look too is wrong with it.
 */
export async function axeFindings(page: Page): Promise<string[]> {
  const first = await look(page);
  if (first.length === 0) return first;
  const second = await look(page);
  return first.filter((finding) => second.includes(finding));
}

async function look(page: Page): Promise<string[]> {
  await expect(page.locator("h1").first()).toBeVisible();
  await expect(page.locator("[aria-busy=true]:visible")).toHaveCount(0);
  // Half-way through a change of colours every contrast is wrong.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY)
        .map((animation) => animation.finished.catch(() => undefined)),
    ),
  );
  // axe brings a playwright-core of its own: the same class, two declarations.
  const { violations } = await new AxeBuilder({ page: page as never }).exclude("iframe").analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}
