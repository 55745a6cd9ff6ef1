import "./stand/aborted";
import { createConnection } from "mysql2/promise";
import { closeDatabase } from "@/db/client";
import { ask } from "@/e2e/ask";
import { sessionCookieOf } from "@/e2e/fixtures";
import { Service } from "@/e2e/service";
import { freePort } from "@/e2e/upstream/world";
import type { UserActor } from "@/lib/platform/context";
import { Monitor } from "./stand/monitor";
import { run } from "./stand/process";
import { median, quantile, report, say } from "./stand/results";
import { fillSchool } from "./stand/school";
import { formBody, startFields } from "./stand/start-form";

/**
 * The pages and the acceptance of starts over a school of 5,000 students with a million events, at a rate that does
 * not wait for answers; and the most of the class list beside an empty page in the same layout.
 */
const seconds = 60;
const perSecond = 30;
const rounds = 5;

const monitor = new Monitor(() => service.url);
const service = new Service({
  name: "bench",
  port: await freePort(),
  env: { NODE_ENV: "test", BENCH: "1", METRICS_TOKEN: monitor.token, LOG_LEVEL: "warn" },
});
Object.assign(process.env, service.environment());
await service.freshDatabase();
await service.start();
try {
  const connection = await createConnection({ uri: service.databaseUrl, timezone: "Z" });
  const school = await fillSchool(connection);
  await connection.query(
    "ANALYZE TABLE users, enrolments, attempts, workspaces, workspace_events, tasks, experiments",
  );
  await connection.end();
  say("the school is there");

  const total = seconds * perSecond;
  const students = await signedIn(school.students.slice(0, total));
  const teachers = await signedIn(school.teachers.slice(0, 50));
  const pick = <T>(list: T[], i: number): T => list[i % list.length] as T;
  const pages = await openLoop(total, (i) => {
    if (i % 5 === 0) {
      const { who, cookie } = pick(teachers, i / 5);
      return {
        path: i % 2 ? `/teach/classes/${who.classId}` : `/teach/experiments/${who.experimentId}/live`,
        cookie,
      };
    }
    const { who, cookie } = pick(students, i);
    return { path: i % 2 ? "/experiments" : `/experiments/${who.experimentIds[0]}`, cookie };
  });
  const pagesLoop = await monitor.loopDelayP99();
  say(
    `pages: p50 ${median(pages).toFixed(0)} ms, p95 ${quantile(pages, 0.95).toFixed(0)} ms, most ${Math.max(...pages).toFixed(0)} ms`,
  );

  const form = await startForm(students[0]?.cookie ?? "", students[0]?.who.experimentIds[0] ?? "");
  await monitor.loopDelayP99();
  const starts = await openLoop(total, (i) => {
    const { who, cookie } = pick(students, i);
    return {
      path: `/experiments/${who.experimentIds[0]}`,
      cookie,
      form: { ...form, taskId: who.taskIds[0] ?? "" },
    };
  });
  const startsLoop = await monitor.loopDelayP99();
  say(
    `starts: p50 ${median(starts).toFixed(0)} ms, p95 ${quantile(starts, 0.95).toFixed(0)} ms, most ${Math.max(...starts).toFixed(0)} ms`,
  );

  const teacher = teachers[0];
  if (!teacher) throw new Error("no teacher");
  const list = `/teach/classes/${teacher.who.classId}`;
  const rates = { list: [] as number[], empty: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    for (const side of round % 2 ? (["list", "empty"] as const) : (["empty", "list"] as const)) {
      const rate = await saturation(side === "list" ? list : "/empty", teacher.cookie, round === 0 ? 3 : 6);
      if (round > 0) rates[side].push(rate);
    }
    if (round > 0)
      say(
        `round ${round}: class list ${rates.list.at(-1)?.toFixed(0)}/s, empty page ${rates.empty.at(-1)?.toFixed(0)}/s`,
      );
  }
  const small = await queriesOf(list, teacher.cookie);
  await growClass(
    teacher.who.classId,
    school.students.slice(-100).map(({ id }) => id),
  );
  const large = await queriesOf(list, teacher.cookie);
  report([
    { bench: "api pages p95", unit: "ms", ours: quantile(pages, 0.95), goal: "<150" },
    { bench: "api starts p95", unit: "ms", ours: quantile(starts, 0.95), goal: "<150" },
    {
      bench: "api saturation",
      unit: "pages/s",
      ours: median(rates.list),
      peer: median(rates.empty),
      goal: ">=0.4",
    },
    // The class with 100 more students, beside itself before.
    { bench: "api queries per page", unit: "queries", ours: large, peer: small, goal: "<=1.00" },
    { bench: "api event loop p99", unit: "ms", ours: Math.max(pagesLoop, startsLoop), goal: "<50" },
  ]);
} finally {
  await service.stop();
  await closeDatabase();
}
process.exit(0);

type Asked = { path: string; cookie: string; form?: Record<string, string> };

async function signedIn<T extends { id: string }>(people: T[]): Promise<{ who: T; cookie: string }[]> {
  const all: { who: T; cookie: string }[] = [];
  for (const who of people) {
    const { name, value } = await sessionCookieOf({ id: who.id } as UserActor);
    all.push({ who, cookie: `${name}=${value}` });
  }
  return all;
}

/** So many requests, one every 1/30 s whatever becomes of the others: ms until each answer was there whole. */
async function openLoop(count: number, what: (i: number) => Asked): Promise<number[]> {
  const began = performance.now();
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const due = began + (i * 1_000) / perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      const asked = what(i);
      const answer = asked.form ? await press(asked) : await get(asked);
      const fine = asked.form
        ? /\/workspaces\/\w{26}/.test(answer.headers.location ?? "")
        : answer.status === 200;
      if (!fine) throw new Error(`${asked.path}: ${answer.status} ${answer.body.slice(0, 300)}`);
      // From when it was due: a generator that comes late must not make the service look fast.
      return performance.now() - due;
    }),
  );
}

function get({ path, cookie }: Asked) {
  return ask(service.url, { path, headers: { Cookie: cookie } });
}

async function press({ path, cookie, form }: Asked) {
  const { type, body } = await formBody(Object.entries(form ?? {}));
  const headers = { Cookie: cookie, Origin: service.url, "Content-Type": type };
  return ask(service.url, { method: "POST", path, headers, body });
}

/** The same for every student but for the task. */
async function startForm(cookie: string, experimentId: string): Promise<Record<string, string>> {
  const { body } = await get({ path: `/experiments/${experimentId}`, cookie });
  return Object.fromEntries(startFields(body));
}

async function saturation(path: string, cookie: string, duration: number): Promise<number> {
  const { stdout } = await run("wrk", [
    "-t1",
    "-c8",
    `-d${duration}s`,
    "-H",
    `Cookie: ${cookie}`,
    `${service.url}${path}`,
  ]);
  if (/Non-2xx/.test(stdout)) throw new Error(`${path}: ${stdout}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

/** What the service asks of the database for one page. Jobs ask too, so ten are drawn, and the least of several taken. */
async function queriesOf(path: string, cookie: string): Promise<number> {
  const pages = 10;
  const during = async (count: number) => {
    const before = await monitor.figure("labyard_db_acquire_seconds_count");
    for (let n = 0; n < count; n++) await get({ path, cookie });
    return (await monitor.figure("labyard_db_acquire_seconds_count")) - before;
  };
  const drawn: number[] = [];
  const idle: number[] = [];
  for (let n = 0; n < 4; n++) {
    drawn.push(await during(pages));
    idle.push(await during(0));
  }
  return Math.floor((Math.min(...drawn) - Math.min(...idle)) / pages);
}

async function growClass(classId: string, ids: string[]): Promise<void> {
  const connection = await createConnection({ uri: service.databaseUrl, timezone: "Z" });
  await connection.query("INSERT IGNORE INTO enrolments (class_id,user_id,created_at) VALUES ?", [
    ids.map((id) => [classId, id, new Date()]),
  ]);
  await connection.end();
}
