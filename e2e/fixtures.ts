import { test as base, type Page } from "@playwright/test";
import type { UserActor } from "@/lib/platform/context";
import { sessionCookieOf } from "./session-cookie";

type Fixtures = {
  /** Signs the page's browser in as a person of the world: session row and cookie, without the form. */
  login: (actor: UserActor, page?: Page) => Promise<void>;
};

export const test = base.extend<Fixtures>({
  login: async ({ page }, use) => {
    await use(async (actor, other) => {
      const cookie = await sessionCookieOf(actor);
      await (other ?? page).context().addCookies([cookie]);
    });
  },
});

export { expect } from "@playwright/test";
export { sessionCookieOf } from "./session-cookie";
