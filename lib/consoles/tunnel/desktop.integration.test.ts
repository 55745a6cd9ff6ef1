import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeDatabase } from "@/db/client";
import { engine } from "@/e2e/containers";
import { type Client, openDesktop } from "@/e2e/guacd/client";
import { runInside } from "@/e2e/run-inside";
import {
  cookieOf,
  freePort,
  listenAt,
  makePerson,
  makeWorkspace,
  type Person,
  type Place,
} from "@/e2e/upstream/world";
import { jupyterSpec } from "@/e2e/world";
import { createCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { newId } from "@/lib/platform/ids";
import { driverFor } from "@/lib/workspaces/drivers";
import { createFront, type Front, issueTicket } from "..";
import { type DesktopSource, tunnelCount } from "./desktops";
import { patience } from "./patience";

// The gateway before a real guacd and a real desktop: what a scripted one cannot show.
let driver: ReturnType<typeof driverFor>;
const secret = "0123456789abcdef";
const template = {
  ...jupyterSpec,
  protocol: "vnc",
  image: "labyard/desktop",
  memoryMb: 1024,
  processes: 512,
} as const;
const usual = { ...patience };
let front: Front;
let port: number;
let origin: string;
let student: Person;
let place: Place;
let ref: { id: string; purpose: "warm"; host: { id: string; endpoint: string }; externalId: string };
let address: string;

const source: DesktopSource = {
  target: async () => ({
    ...driver.desktop(address, template, secret),
    guacd: await driver.ensureGuacd(ref.host),
  }),
  agent: () => driver.agent(ref),
};
const guacdContainer = () => engine().getContainer(`labyard-${env().DEPLOY_ID}-guacd`);

beforeAll(async () => {
  port = await freePort();
  // Before anything reads the settings.
  origin = listenAt(port);
  driver = driverFor("docker");
  const host = { id: newId(), endpoint: env().DOCKER_HOST };
  await driver.prepareHost(host);
  student = await makePerson();
  place = await makeWorkspace(student.actor.id, "127.0.0.1:1", "secret");
  const asked = { id: place.id, purpose: "warm", host, externalId: null, home: null } as const;
  const made = await driver.ensure({ ...asked, template, materials: [], secret, origin: place.origin });
  ref = { ...asked, externalId: made.externalId };
  address = made.address;
  while (!(await driver.probe(address, template, secret)))
    await new Promise((resolve) => setTimeout(resolve, 100));
  front = createFront({ desktops: source });
  front.server.listen(port, "127.0.0.1");
  await once(front.server, "listening");
});

afterAll(async () => {
  Object.assign(patience, usual);
  await front.close();
  await driver.destroy(ref);
  await guacdContainer()
    .remove({ force: true })
    .catch(() => undefined);
  await closeDatabase();
});

async function open(): Promise<Client> {
  const input = { workspaceId: place.id, kind: "desktop", mode: "use" } as const;
  const { ticket } = await issueTicket({ ctx: createCtx(student.actor), input });
  const query = new URLSearchParams({ ticket, mode: "use", width: "1024", height: "768", dpi: "96" });
  return openDesktop({
    port,
    workspaceId: place.id,
    origin,
    query,
    cookie: await cookieOf(student.actor),
    answers: true,
  });
}

const picture = (client: Client) =>
  expect
    .poll(() => client.got.map(([opcode]) => opcode), { timeout: 30_000 })
    .toEqual(expect.arrayContaining(["size", "img", "blob", "sync"]));

const inside = (script: string) => runInside(place.id, `export DISPLAY=:1; ${script}`);

const copied = (client: Client) =>
  Buffer.concat(
    client.got
      .filter(([opcode, stream]) => opcode === "blob" && stream === "4096")
      .map(([, , payload = ""]) => Buffer.from(payload, "base64")),
  ).toString("utf8");

describe("a real desktop", () => {
  const text = "实验 🦊 Ω";

  test("is seen, sized and written to, and its clipboard is exact both ways", async () => {
    const client = await open();
    await picture(client);
    await expect
      .poll(() => inside("xrandr | grep -o 'current 1024 x 768'"), { timeout: 20_000 })
      .toContain("1024");
    await client.send("clipboard", 0, "text/plain");
    await client.send("blob", 0, Buffer.from(text).toString("base64"));
    await client.send("end", 0);
    await expect.poll(() => inside("xclip -o -selection clipboard"), { timeout: 20_000 }).toBe(text);
    await inside(`printf '%s' '${text} zurück' | xclip -i -selection clipboard >/dev/null 2>&1`);
    await expect.poll(() => copied(client), { timeout: 20_000 }).toBe(`${text} zurück`);

    client.leave();
    const back = await open();
    await picture(back);
    // The one that was kept has gone, now that there is a picture.
    await expect.poll(tunnelCount).toBe(1);
    await back.send("disconnect");
    await back.closed;
  });

  test("is had again after guacd hung, was killed, and was gone", async () => {
    Object.assign(patience, { guacdSilent: 7_000 });
    const first = await open();
    await picture(first);
    await guacdContainer().pause();
    expect(await first.closed, "hung").toBe(0x0202);
    const second = await open();
    await picture(second);
    await guacdContainer().kill();
    expect(await second.closed, "killed").toBe(0x0203);
    const third = await open();
    await picture(third);
    await guacdContainer().remove({ force: true });
    expect(await third.closed, "gone").toBe(0x0203);
    const fourth = await open();
    await picture(fourth);
    await fourth.send("disconnect");
    await fourth.closed;
  });
});
