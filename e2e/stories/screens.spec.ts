import type { Page } from "@playwright/test";
import { eq } from "drizzle-orm";
import { closeDatabase, database } from "@/db/client";
import { users } from "@/db/schema";
import type { UserActor } from "@/lib/platform/context";
import { localeCookie } from "@/lib/platform/i18n/locale";
import { themeCookie } from "@/lib/platform/theme";
import { pages } from "../access";
import { axeFindings } from "../axe";
import { type Emulator, startEmulator } from "../ecs-emulator";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { beforeSetUp, createScreensWorld } from "../screens-world";
import { startUpstream, type Upstream } from "../upstream/upstream";

/**
 * Every page, with data and without, in both languages, on a desk and on a phone, in both themes: nothing that axe
 * finds (once in each theme), nothing that runs over the edge, nothing in the console, no key in place of a word,
 * and a picture of each in test-results/screens.
 */
type World = Awaited<ReturnType<typeof createScreensWorld>>;
type View = {
  name: string;
  /** The page of e2e/access.ts that it shows. */
  page: keyof typeof pages | "not found";
  path: (world: World) => string;
  as?: (world: World) => UserActor;
  /** What the server answers on purpose, as the console repeats it. */
  status?: number;
};

let world: World;
let upstream: Upstream;
let emulator: Emulator;

test.beforeAll(async () => {
  upstream = await startUpstream();
  emulator = await startEmulator();
  world = await createScreensWorld(upstream.address, emulator);
});

test.afterAll(async () => {
  // One of them has the whole host.
  await everybodyOut();
  await upstream?.close();
  await world?.removeClouds();
  await emulator?.close();
  await closeDatabase();
});

const student = ({ student }: World) => student(5);
const teacher = ({ teacher }: World) => teacher;
const admin = ({ admin }: World) => admin;
const nowhere = "01JZZZZZZZZZZZZZZZZZZZZZZZ";

const workspace = (state: keyof World["of"], index: number): View => ({
  name: `workspace-${state}`,
  page: "app/(workspace)/workspaces/[id]/page.tsx",
  path: ({ of }) => `/workspaces/${of[state].id}`,
  as: ({ student }) => student(index),
});

const views: View[] = [
  { name: "sign-in", page: "app/(entry)/sign-in/page.tsx", path: () => "/sign-in" },
  {
    name: "my-experiments",
    page: "app/(app)/experiments/page.tsx",
    path: () => "/experiments",
    as: ({ student }) => student(0),
  },
  {
    name: "my-experiments-empty",
    page: "app/(app)/experiments/page.tsx",
    path: () => "/experiments",
    as: ({ stranger }) => stranger,
  },
  {
    name: "my-experiment",
    page: "app/(app)/experiments/[id]/page.tsx",
    path: ({ experimentId }) => `/experiments/${experimentId}`,
    as: ({ student }) => student(20),
  },
  {
    name: "my-experiment-running",
    page: "app/(app)/experiments/[id]/page.tsx",
    path: ({ experimentId }) => `/experiments/${experimentId}`,
    as: ({ student }) => student(0),
  },
  {
    name: "my-experiment-ended",
    page: "app/(app)/experiments/[id]/page.tsx",
    path: ({ experimentId }) => `/experiments/${experimentId}`,
    as: student,
  },
  workspace("ready", 0),
  workspace("queued", 1),
  workspace("starting", 2),
  workspace("failed", 3),
  workspace("stopped", 4),
  workspace("ended", 5),
  workspace("off", 21),
  { ...workspace("ready", 0), name: "workspace-watch", as: teacher },
  {
    name: "terminals-ended",
    page: "app/(workspace)/workspaces/[id]/terminal/page.tsx",
    path: ({ of }) => `/workspaces/${of.ended.id}/terminal`,
    as: student,
    status: 409,
  },
  {
    name: "recordings",
    page: "app/(app)/attempts/[id]/recordings/page.tsx",
    path: ({ of }) => `/attempts/${of.ended.attemptId}/recordings`,
    as: teacher,
  },
  // The player has stories of its own.
  {
    name: "recording-expired",
    page: "app/(app)/recordings/[id]/page.tsx",
    path: ({ expiredId }) => `/recordings/${expiredId}`,
    as: student,
  },
  { name: "account", page: "app/(app)/account/page.tsx", path: () => "/account", as: student },
  { name: "unknown", page: "not found", path: () => "/nowhere", as: student, status: 404 },
  {
    name: "unknown-workspace",
    page: "not found",
    path: () => `/workspaces/${nowhere}`,
    as: student,
    status: 404,
  },
  { name: "courses", page: "app/(app)/teach/courses/page.tsx", path: () => "/teach/courses", as: teacher },
  {
    name: "courses-empty",
    page: "app/(app)/teach/courses/page.tsx",
    path: () => "/teach/courses",
    as: ({ otherTeacher }) => otherTeacher,
  },
  ...["experiments", "classes", "members"].map(
    (tab): View => ({
      name: `course-${tab}`,
      page: "app/(app)/teach/courses/[id]/page.tsx",
      path: ({ courseId }) => `/teach/courses/${courseId}?tab=${tab}`,
      as: teacher,
    }),
  ),
  { name: "classes", page: "app/(app)/teach/classes/page.tsx", path: () => "/teach/classes", as: teacher },
  {
    name: "classes-empty",
    page: "app/(app)/teach/classes/page.tsx",
    path: () => "/teach/classes",
    as: ({ otherTeacher }) => otherTeacher,
  },
  {
    name: "class",
    page: "app/(app)/teach/classes/[id]/page.tsx",
    path: ({ classId }) => `/teach/classes/${classId}`,
    as: teacher,
  },
  {
    name: "class-import",
    page: "app/(app)/teach/classes/[id]/import/page.tsx",
    path: ({ classId }) => `/teach/classes/${classId}/import`,
    as: teacher,
  },
  ...["content", "task", "attachments", "audience", "publish"].map(
    (tab): View => ({
      name: `experiment-${tab}`,
      page: "app/(app)/teach/experiments/[id]/page.tsx",
      path: ({ experimentId }) => `/teach/experiments/${experimentId}?tab=${tab}`,
      as: teacher,
    }),
  ),
  {
    name: "live",
    page: "app/(app)/teach/experiments/[id]/live/page.tsx",
    path: ({ experimentId }) => `/teach/experiments/${experimentId}/live`,
    as: teacher,
  },
  {
    name: "templates",
    page: "app/(app)/teach/templates/page.tsx",
    path: () => "/teach/templates",
    as: teacher,
  },
  ...["settings", "warm", "versions"].map(
    (tab): View => ({
      name: `template-${tab}`,
      page: "app/(app)/teach/templates/[id]/page.tsx",
      path: ({ templateId }) => `/teach/templates/${templateId}?tab=${tab}`,
      as: teacher,
    }),
  ),
  {
    name: "template-new",
    page: "app/(app)/teach/templates/new/page.tsx",
    path: () => "/teach/templates/new",
    as: teacher,
  },
  {
    name: "experiment-forecast",
    page: "app/(app)/teach/experiments/[id]/page.tsx",
    path: ({ cloudExperimentId }) => `/teach/experiments/${cloudExperimentId}?tab=publish`,
    as: teacher,
  },
  {
    name: "course-costs",
    page: "app/(app)/teach/courses/[id]/costs/page.tsx",
    path: ({ courseId }) => `/teach/courses/${courseId}/costs?by=student`,
    as: teacher,
  },
  {
    name: "course-costs-none",
    page: "app/(app)/teach/courses/[id]/costs/page.tsx",
    path: ({ courseId }) => `/teach/courses/${courseId}/costs?from=2020-01-01&until=2020-01-07`,
    as: admin,
  },
  { name: "costs", page: "app/(app)/admin/costs/page.tsx", path: () => "/admin/costs", as: admin },
  {
    name: "template-cloud",
    page: "app/(app)/teach/templates/[id]/page.tsx",
    path: ({ cloudTemplateId }) => `/teach/templates/${cloudTemplateId}`,
    as: teacher,
  },
  ...["accounts", "resources", "leaks"].map(
    (tab): View => ({
      name: `clouds-${tab}`,
      page: "app/(app)/admin/clouds/page.tsx",
      path: () => `/admin/clouds?tab=${tab}`,
      as: admin,
    }),
  ),
  { name: "users", page: "app/(app)/admin/users/page.tsx", path: () => "/admin/users", as: admin },
  { name: "hosts", page: "app/(app)/admin/hosts/page.tsx", path: () => "/admin/hosts", as: admin },
  {
    name: "running",
    page: "app/(app)/admin/workspaces/page.tsx",
    path: () => "/admin/workspaces",
    as: admin,
  },
  { name: "jobs", page: "app/(app)/admin/jobs/page.tsx", path: () => "/admin/jobs", as: admin },
  ...["charts", "workers", "system"].map(
    (tab): View => ({
      name: `jobs-${tab}`,
      page: "app/(app)/admin/jobs/page.tsx",
      path: () => `/admin/jobs?tab=${tab}`,
      as: admin,
    }),
  ),
  {
    name: "jobs-none-found",
    page: "app/(app)/admin/jobs/page.tsx",
    path: () => "/admin/jobs?q=nothing-is-called-so",
    as: admin,
  },
  {
    name: "job",
    page: "app/(app)/admin/jobs/[id]/page.tsx",
    path: ({ runId }) => `/admin/jobs/${runId}`,
    as: admin,
  },
];

/** Each page meets axe in both themes, on a desk and on a phone; all but the first of them with --long. */
const looks = [
  { locale: "zh-CN", width: 1440, theme: "light" },
  { locale: "en", width: 390, theme: "dark" },
  { locale: "zh-CN", width: 390, theme: "light" },
  { locale: "en", width: 1440, theme: "dark" },
] as const;
const asked = process.env.LONG ? looks : looks.slice(0, 1);
/** CI looks at every second page; the seed says at which. */
const half = Number(process.env.SEED ?? 0) % 2;
const chosen = process.env.LONG ? views : views.filter((_, index) => index % 2 === half);
type Look = (typeof looks)[number];

async function look(page: Page, name: string, { locale, width, theme }: Look): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  // Skeletons are no page yet.
  await expect(page.locator("[aria-busy=true]:visible")).toHaveCount(0);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect.soft(wide, `${name}: wider than the window by`).toBeLessThanOrEqual(0);
  const text = await page.locator("body").innerText();
  expect
    .soft(text, `${name}: a key in place of a word`)
    .not.toMatch(/MISSING_MESSAGE|\b[a-z]+\.[a-z]+\.[a-zA-Z]+\b(?=\n)/);
  if (locale === "zh-CN") {
    expect.soft(await axeFindings(page), `${name}: axe`).toEqual([]);
  }
  // Pictures are for people, and nobody looks at those of CI.
  if (!process.env.LONG) return;
  await page.screenshot({
    path: `test-results/screens/${name}-${locale}-${width}-${theme}.png`,
    fullPage: true,
    animations: "disabled",
  });
}

test("every page has its picture", () => {
  const shown = new Set<string>(views.map(({ page }) => page));
  const elsewhere = [
    "app/page.tsx", // leads on
    "app/(app)/teach/page.tsx", // leads on
    "app/(entry)/account/password/page.tsx", // below
    "app/(entry)/setup/page.tsx", // below
    "app/dev/gallery/page.tsx", // development only
    "app/(app)/empty/page.tsx", // benches only
  ];
  expect(Object.keys(pages).filter((page) => !shown.has(page) && !elsewhere.includes(page))).toEqual([]);
});

for (const setting of asked) {
  const { locale, width, theme } = setting;
  test(`every page in ${locale} at ${width} px, ${theme}`, async ({ browser, baseURL, login }) => {
    test.setTimeout(400_000);
    const people = new Map<UserActor | undefined, Page>();
    const faults: string[] = [];
    let here = "";
    let expected: number | undefined;
    const pageOf = async (actor?: UserActor): Promise<Page> => {
      const known = people.get(actor);
      if (known) return known;
      const phone = width < 500;
      const context = await browser.newContext({
        locale,
        viewport: { width, height: phone ? 844 : 900 },
        hasTouch: phone,
        isMobile: phone,
        reducedMotion: "reduce",
      });
      const url = baseURL ?? "";
      await context.addCookies([
        { name: localeCookie, value: locale, url },
        { name: themeCookie, value: theme, url },
      ]);
      const page = await context.newPage();
      if (actor) await login(actor, page);
      page.on("console", (message) => {
        if (message.type() !== "error" || /\/\/ws-|\/api\/consoles\//.test(message.location().url)) return;
        if (expected && message.text().includes(String(expected))) return;
        faults.push(`${here}: ${message.text()} ${message.location().url}`);
      });
      page.on("pageerror", (error) => faults.push(`${here}: ${error.message}`));
      people.set(actor, page);
      return page;
    };

    for (const view of chosen) {
      here = view.name;
      expected = view.status;
      const page = await pageOf(view.as?.(world));
      await page.goto(view.path(world));
      await look(page, view.name, setting);
    }

    here = "first-password";
    const fresh = world.student(29);
    await database().update(users).set({ mustChangePassword: true }).where(eq(users.id, fresh.id));
    const first = await pageOf(fresh);
    await first.goto("/account/password");
    await look(first, "first-password", setting);

    here = "set-up";
    await beforeSetUp(async () => {
      const page = await pageOf();
      await page.goto("/setup");
      await expect(page).toHaveURL(/\/setup$/);
      await look(page, "set-up", setting);
    });

    expect(faults).toEqual([]);
    for (const page of people.values()) await page.context().close();
  });
}
