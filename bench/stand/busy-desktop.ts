import { engine } from "@/e2e/containers";
import { jupyterSpec } from "@/e2e/world";
import { env } from "@/lib/platform/env";
import { newId, randomToken } from "@/lib/platform/ids";
import { dockerDriver } from "@/lib/workspaces/drivers/docker/driver";
import { guacdName } from "@/lib/workspaces/drivers/docker/names";

/** Ends only with its X server: forty rectangles and a line of text, fifty times a second. */
const busy = `
import random, time
from Xlib import X, display
d = display.Display(":1"); s = d.screen()
w = s.root.create_window(0, 0, 800, 600, 0, s.root_depth, X.InputOutput, X.CopyFromParent,
                         background_pixel=s.white_pixel, override_redirect=1)
w.map(); gc = w.create_gc()
while True:
    for _ in range(40):
        gc.change(foreground=random.getrandbits(24))
        w.fill_rectangle(gc, random.randrange(760), random.randrange(560), random.randrange(8, 80), random.randrange(8, 60))
    w.draw_text(gc, 20, random.randrange(600), ("%.6f " % random.random() * 8).encode())
    d.sync(); time.sleep(0.02)
`;

/** A real guacd and a desktop whose screen never rests; throws where their images are not there. */
export async function startBusyDesktop() {
  const host = { id: newId(), endpoint: env().DOCKER_HOST };
  const driver = dockerDriver;
  await driver.prepareHost(host);
  const template = { ...jupyterSpec, protocol: "vnc", image: "labyard/desktop", memoryMb: 1024 } as const;
  const guacd = await driver.ensureGuacd(host);
  const ref = { id: newId(), purpose: "warm", host, externalId: null } as const;
  const secret = randomToken(16);
  const origin = "http://bench.localhost";
  const { externalId, address } = await driver.ensure({
    ...ref,
    home: null,
    template: { ...template, processes: 512 },
    materials: [],
    secret,
    origin,
  });
  const docker = engine();
  const stop = async () => {
    await driver.destroy({ ...ref, externalId });
    await docker
      .getContainer(guacdName())
      .remove({ force: true })
      .catch(() => undefined);
  };
  try {
    const until = performance.now() + 60_000;
    while (!(await driver.probe(address, template, secret))) {
      if (performance.now() > until) throw new Error("the desktop does not answer");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const exec = await docker
      .getContainer(externalId)
      .exec({ Cmd: ["python3", "-c", busy], Env: ["DISPLAY=:1"] });
    await exec.start({ Detach: true });
    const { host: name, port, parameters } = driver.desktop(address, template, secret);
    return { target: { guacd, host: name, port, password: parameters.password ?? "" }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
