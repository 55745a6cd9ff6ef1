import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Driver, HomeChange, HomeRef, HostRef, OnConflict, WorkspaceRef, WorkspaceSpec } from "./driver";

/** Any but a warm one. */
export type HomedSpec = WorkspaceSpec & { home: HomeRef };

/** What a driver's own test file brings: a host, ways to make things on it, and a look inside. */
export type Bench = {
  driver: Driver;
  host: HostRef;
  newHome(sizeMb?: number): HomeRef;
  /** A notebook, unless another kind is asked for. */
  newSpec(
    home: HomeRef,
    materials?: WorkspaceSpec["materials"],
    protocol?: WorkspaceSpec["template"]["protocol"],
  ): HomedSpec;
  /** Runs a shell line inside as the student. */
  run(workspace: WorkspaceRef, script: string): Promise<{ code: number; text: string }>;
  /** Stores a file as an attachment; returns its hash. */
  store(text: string): Promise<string>;
  /** The same host at an address where nobody answers. */
  away: HostRef;
  cleanUp(): Promise<void>;
};

/**
 * What one kind of host does otherwise. `figures`: it tells of no memory and no images before they are used. `mounts`:
 * homes are mounted where the student works, so they hold a home to its size and read-only things read-only; without,
 * they are brought there and back. `fast`: it is there in a moment. `agent`: there is a line into its desktops.
 */
export type Trait = "figures" | "mounts" | "fast" | "agent";

const fenced = (home: HomeRef, fence: number): HomeRef => ({ ...home, fence });

async function until(what: () => Promise<boolean>, seconds: number): Promise<boolean> {
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end) {
    if (await what()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** Everything that the life cycle relies on. A driver is done when this passes. */
export function driverContract(name: string, traits: readonly Trait[], open: () => Bench): void {
  const has = (trait: Trait) => traits.includes(trait);
  const withMounts = has("mounts") ? it : it.skip;
  describe(`${name} keeps the contract of drivers`, () => {
    let bench: Bench;
    let driver: Driver;

    beforeAll(async () => {
      bench = open();
      driver = bench.driver;
      await driver.prepareHost(bench.host);
    });
    afterAll(async () => bench.cleanUp());

    /** What is ordered has no address yet: whoever starts it asks again. */
    const ensured = async (spec: WorkspaceSpec) => {
      for (;;) {
        try {
          return await driver.ensure(spec);
        } catch (error) {
          if ((error as { key?: string }).key !== "cloud.notReady") throw error;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    };
    const started = async (spec: HomedSpec) => {
      await driver.mountHome(spec.home, spec.id);
      const made = await ensured(spec);
      if (has("mounts")) return made;
      expect(await until(() => driver.probe(made.address, spec.template, spec.secret), 40)).toBe(true);
      await driver.deliver(spec, spec.home, spec.materials);
      return made;
    };
    const ended = async (spec: HomedSpec) => {
      expect(await driver.fetch(spec, spec.home)).toEqual([]);
      await driver.destroy(spec);
      if (!has("mounts")) await goes(spec);
    };
    /** One that is still on its way down is asked again. */
    const resumed = async (spec: WorkspaceSpec) => {
      const isAsked = () =>
        driver.resume(spec).then(
          () => true,
          (error: { key?: string }) => {
            if (error.key !== "cloud.notReady") throw error;
            return false;
          },
        );
      expect(await until(isAsked, 20)).toBe(true);
    };
    const isGone = async (spec: WorkspaceSpec) => {
      await driver.destroy(spec);
      return (await driver.observe(spec)).state === "missing";
    };

    const goes = async (spec: WorkspaceSpec) => expect(await until(() => isGone(spec), 20)).toBe(true);
    /** A home with a workspace that runs on it. */
    const working = async (sizeMb?: number) => {
      const home = bench.newHome(sizeMb);
      const spec = bench.newSpec(home);
      await started(spec);
      return { home, spec };
    };
    const namesIn = async (home: HomeRef, folder = "") =>
      (await driver.listFiles(home, null, folder)).entries.map(({ path }) => path);

    it("says what the host has, and that an image is missing by its name", async () => {
      const facts = await driver.prepareHost(bench.host);
      expect(facts.diskMb).toBeGreaterThanOrEqual(facts.diskFreeMb);
      if (!has("figures")) return;
      expect(facts.cpus).toBeGreaterThan(0);
      expect(facts.memoryMb).toBeGreaterThan(facts.memoryFreeMb);
      await expect(driver.checkImage(bench.host, "labyard/no-such-image")).rejects.toMatchObject({
        code: "unavailable",
        key: "imageMissing",
        params: { image: "labyard/no-such-image" },
      });
    });

    it("starts a workspace whose service answers to its secret only; repeated calls find the same one", async () => {
      const spec = bench.newSpec(bench.newHome());
      expect(await driver.observe(spec)).toEqual({ state: "missing" });
      await driver.mountHome(spec.home, spec.id);
      const made = await Promise.all([ensured(spec), ensured(spec), ensured(spec)]);
      expect(new Set(made.map((one) => one.externalId)).size).toBe(1);
      const { address, externalId } = made[0];
      expect(await driver.ensure(spec)).toEqual({ externalId, address });
      expect(await until(() => driver.probe(address, spec.template, spec.secret), 40)).toBe(true);
      expect(await driver.observe(spec)).toEqual({ state: "running", externalId, address });
      // Without a kernel nothing computes; who does not know the secret is told nothing.
      expect(await driver.busy(address, spec.template, spec.secret)).toBe(false);
      if (spec.template.protocol === "jupyter")
        expect(await driver.busy(address, spec.template, "another")).toBeNull();
      const image = await driver.checkImage(bench.host, spec.template.image);
      expect(await driver.list(bench.host)).toContainEqual({
        workspaceId: spec.id,
        externalId,
        running: true,
        frozen: false,
        image,
      });
      const stats = await driver.stats(spec);
      expect(stats.memoryBytes).toBeGreaterThan(1_000_000);
      if (has("figures")) expect(stats.memoryLimitBytes).toBe(spec.template.memoryMb * 1024 * 1024);
      expect(stats.processes).toBeGreaterThan(0);
      const said = await driver.logs(spec, 100);
      if (has("figures")) expect(said.length).toBeGreaterThan(10);
      expect(said).not.toContain(spec.secret);
      await driver.destroy(spec);
      expect(await until(async () => !(await driver.probe(address, spec.template, spec.secret)), 20)).toBe(
        true,
      );
      if (spec.template.protocol === "jupyter")
        expect(await driver.busy(address, spec.template, spec.secret)).toBeNull();
    });

    withMounts(
      "creates one while its home is mounted: nothing runs before it is started, and then the home is there",
      async () => {
        const spec = bench.newSpec(bench.newHome());
        await Promise.all([driver.create(spec), driver.mountHome(spec.home, spec.id), driver.create(spec)]);
        expect(["missing", "created"]).toContain((await driver.observe(spec)).state);
        const { externalId } = await driver.ensure(spec);
        expect(await driver.observe(spec)).toMatchObject({ state: "running", externalId });
        expect((await bench.run(spec, "echo mine > ~/own")).code).toBe(0);
        await driver.destroy(spec);
        expect(await namesIn(spec.home)).toContain("own");

        const never = bench.newSpec(bench.newHome());
        await driver.create(never);
        await driver.destroy(never);
        expect(await driver.observe(never)).toEqual({ state: "missing" });
      },
    );

    it("freezes and thaws, each once or twice: nothing answers, then the same one does", async () => {
      const spec = bench.newSpec(bench.newHome());
      await expect(driver.pause(spec)).rejects.toMatchObject({ key: "workspaceGone" });
      const { address } = await started(spec);
      await driver.pause(spec);
      await driver.pause(spec);
      expect(await driver.observe(spec)).toMatchObject({ state: "paused", address });
      const isSilent = async () => !(await driver.probe(address, spec.template, spec.secret));
      expect(has("fast") ? await isSilent() : await until(isSilent, 20)).toBe(true);
      await resumed(spec);
      await resumed(spec);
      expect(await until(async () => (await driver.observe(spec)).state === "running", 20)).toBe(true);
      expect(await driver.observe(spec)).toMatchObject({ state: "running", address });
      expect(await until(() => driver.probe(address, spec.template, spec.secret), 60)).toBe(true);
      await driver.pause(spec);
      await driver.destroy(spec);
      await goes(spec);
    });

    it("attaches a home to one that was booted and frozen without: the home, its limit and the materials are there", async () => {
      const sha256 = await bench.store("the task\n");
      const warm = { ...bench.newSpec(bench.newHome()), home: null };
      const { address } = await ensured(warm);
      expect(await until(() => driver.probe(address, warm.template, warm.secret), 60)).toBe(true);
      if (has("mounts"))
        expect((await bench.run(warm, "ls -A ~; touch ~/x 2>&1")).text).toMatch(
          /^touch: .*(denied|Read-only)/,
        );
      await driver.pause(warm);

      const home = bench.newHome(64);
      const before = bench.newSpec(home);
      await driver.mountHome(home, before.id);
      await expect(driver.attach(warm, fenced(home, 2), [])).rejects.toMatchObject({ key: "homeInUse" });
      await driver.destroy(before);
      const materials = [{ name: "任务.txt", sha256 }];
      const began = performance.now();
      if (!has("fast")) await resumed(warm);
      await Promise.all([
        driver.attach(warm, fenced(home, 2), materials),
        driver.attach(warm, fenced(home, 2), materials),
      ]);
      await driver.attach(warm, fenced(home, 2), materials);
      const answers = () => driver.probe(address, warm.template, warm.secret);
      expect(has("fast") ? await answers() : await until(answers, 40)).toBe(true);
      await driver.deliver(warm, fenced(home, 2), materials);
      console.info(`attached three times in ${Math.round(performance.now() - began)} ms`);
      expect(await driver.observe(warm)).toMatchObject({ state: "running", address });
      const found = await bench.run(warm, "cd; echo mine > own; cat own materials/任务.txt");
      expect(found.text).toBe("mine\nthe task\n");
      await driver.fetch(warm, fenced(home, 2));
      if (has("mounts")) await holdsAttached(warm, home);
      await driver.destroy(warm);
      await goes(warm);
      await expect(driver.attach(warm, fenced(home, 3), [])).rejects.toMatchObject({ key: "workspaceGone" });
      await driver.destroy(warm);
      expect((await driver.mounts(home.host)).map((mount) => mount.workspaceId)).not.toContain(warm.id);
      expect(await namesIn(home)).toContain("own");
    });

    /** It is mounted, as the student, and no larger than it may be. */
    const holdsAttached = async (warm: WorkspaceSpec, home: HomeRef) => {
      expect(await driver.mounts(bench.host)).toContainEqual({ homeId: home.id, workspaceId: warm.id });
      expect((await bench.run(warm, "cd; pwd; id -un")).text).toBe("/home/student\nstudent\n");
      const full = await bench.run(warm, "cd; dd if=/dev/zero of=big bs=1M count=200 2>&1; stat -c %s big");
      expect(full.text).toContain("No space left");
      expect(Number(full.text.trim().split("\n").at(-1))).toBeLessThan(64 * 1024 * 1024);
    };

    withMounts(
      "makes a home anew once for each fence, never under somebody's hands, and never for a former user",
      async () => {
        const { home, spec: first } = await working();
        expect(await bench.run(first, "echo old > /home/student/a.txt")).toMatchObject({ code: 0 });
        const other = bench.newSpec(fenced(home, home.fence + 1));
        await expect(driver.renewHome(other.home, other.id)).rejects.toMatchObject({ key: "homeInUse" });
        await driver.destroy(first);
        const namesOf = async (of: HomeRef) => (await namesIn(of)).filter((name) => name === "a.txt");
        expect(await namesOf(home)).toEqual(["a.txt"]);

        const next = bench.newSpec(fenced(home, home.fence + 2));
        await driver.mountHome(next.home, next.id);
        await driver.renewHome(next.home, next.id);
        await driver.mountHome(next.home, next.id);
        await driver.ensure(next);
        expect(await bench.run(next, "ls /home/student/a.txt")).not.toMatchObject({ code: 0 });
        expect(await bench.run(next, "echo new > /home/student/a.txt")).toMatchObject({ code: 0 });
        // A step whose answer was lost, and one of a workspace that is long over.
        await driver.renewHome(next.home, next.id);
        await expect(driver.renewHome(home, first.id)).rejects.toMatchObject({ key: "homeFenced" });
        expect(await bench.run(next, "cat /home/student/a.txt")).toMatchObject({ code: 0, text: "new\n" });
        await driver.destroy(next);
        await driver.renewHome(next.home, next.id);
        expect(await namesOf(home)).toEqual(["a.txt"]);
      },
    );

    it("opens shells: bytes both ways in any script, a size that follows, what runs in front, and an end", async () => {
      const spec = bench.newSpec(bench.newHome());
      await expect(driver.exec(spec, { cols: 80, rows: 24 })).rejects.toMatchObject({ key: "workspaceGone" });
      await started(spec);
      const shell = await driver.exec(spec, { cols: 93, rows: 31, env: { WORD: "实验 🦊 Ω" } });
      let text = "";
      const decoder = new TextDecoder();
      shell.stream.on("data", (part: Buffer) => {
        text += decoder.decode(part, { stream: true });
      });
      const says = (words: string) => until(async () => text.includes(words), 20);
      shell.stream.write('stty size; id -u; pwd; echo "<$WORD> <$TERM>" 你好👋\n');
      expect(await says("<实验 🦊 Ω> <xterm-256color> 你好👋\r\n")).toBe(true);
      if (has("mounts")) expect(text).toContain("31 93\r\n1000\r\n/home/student\r\n");
      expect(text).toContain("31 93\r\n");
      await shell.resize(120, 40);
      shell.stream.write("stty size\n");
      expect(await says("40 120\r\n")).toBe(true);
      expect(await shell.foreground()).toBeNull();
      shell.stream.write("cat\n");
      expect(await until(async () => (await shell.foreground()) === "cat", 20)).toBe(true);
      shell.stream.write("\u0003");
      expect(await until(async () => (await shell.foreground()) === null, 20)).toBe(true);
      shell.stream.write("exit 7\n");
      expect(await shell.exited).toBe(7);

      const count = async () => Number((await bench.run(spec, "ps -e | grep -c 'slee[p]'")).text);
      const other = await driver.exec(spec, { cols: 80, rows: 24 });
      other.stream.resume();
      other.stream.write("sleep 4567\n");
      expect(await until(async () => (await count()) === 1, 20)).toBe(true);
      await other.end();
      await other.exited;
      expect(await until(async () => (await count()) === 0, 20)).toBe(true);

      const nothing = driver.exec(spec, { command: ["/no/such/shell"], cols: 80, rows: 24 });
      const ended = nothing.then(({ stream, exited }) => {
        stream.resume();
        return exited;
      });
      await expect(ended).rejects.toMatchObject({ key: "terminal.noShell" });
      await driver.destroy(spec);
    });

    it("destroys once, twice, and what never was; then it is missing", async () => {
      const spec = bench.newSpec(bench.newHome());
      await driver.destroy(spec);
      await started(spec);
      await Promise.all([driver.destroy(spec), driver.destroy(spec)]);
      await goes(spec);
      await driver.destroy(spec);
      expect(await driver.observe(spec)).toEqual({ state: "missing" });
      expect((await driver.mounts(spec.home.host)).map((mount) => mount.workspaceId)).not.toContain(spec.id);
    });

    it("lets destroy win over an ensure that still runs", async () => {
      const spec = bench.newSpec(bench.newHome());
      await driver.mountHome(spec.home, spec.id);
      const running = driver.ensure(spec).catch((error: unknown) => error);
      await driver.destroy(spec);
      await running;
      await goes(spec);
    });

    withMounts("keeps a home over two workspaces", async () => {
      const { home, spec: first } = await working();
      await bench.run(first, "mkdir -p ~/work && echo kept > ~/work/notes.txt && echo -n > ~/empty");
      await ended(first);
      const second = bench.newSpec(fenced(home, 2));
      await started(second);
      expect((await bench.run(second, "cat ~/work/notes.txt")).text).toBe("kept\n");
      await ended(second);
    });

    withMounts("mounts a home on one slot only, and does nothing for an older fence", async () => {
      const home = bench.newHome();
      const [first, second] = [bench.newSpec(home), bench.newSpec(home)];
      await driver.mountHome(fenced(home, 3), first.id);
      await driver.mountHome(fenced(home, 3), first.id);
      await expect(driver.mountHome(fenced(home, 4), second.id)).rejects.toMatchObject({ key: "homeInUse" });
      await expect(driver.mountHome(fenced(home, 2), first.id)).rejects.toMatchObject({ key: "homeFenced" });
      await expect(driver.mountHome(fenced(home, 3), second.id)).rejects.toMatchObject({ key: "homeFenced" });
      await driver.unmountHome(fenced(home, 2), first.id);
      expect(await driver.mounts(bench.host)).toContainEqual({ homeId: home.id, workspaceId: first.id });
      await expect(driver.removeHome(home)).rejects.toMatchObject({ key: "homeInUse" });
      await driver.unmountHome(fenced(home, 3), first.id);
      await driver.unmountHome(fenced(home, 3), first.id);
      await driver.mountHome(fenced(home, 4), second.id);
      expect(await driver.mounts(bench.host)).toContainEqual({ homeId: home.id, workspaceId: second.id });
      await driver.destroy(first);
      await driver.destroy(second);
    });

    withMounts("holds a home to its size, and lets it grow", async () => {
      const { home, spec: first } = await working(64);
      const full = await bench.run(first, "cd; dd if=/dev/zero of=big bs=1M count=200 2>&1; stat -c %s big");
      expect(full.text).toContain("No space left");
      expect(Number(full.text.trim().split("\n").at(-1))).toBeLessThan(64 * 1024 * 1024);
      await driver.destroy(first);
      const second = bench.newSpec({ ...home, fence: 2, sizeMb: 160 });
      await started(second);
      const more = await bench.run(
        second,
        "cd; dd if=/dev/zero of=more bs=1M count=60 2>&1; stat -c %s more",
      );
      expect(more.text).toContain(String(60 * 1024 * 1024));
      await driver.destroy(second);
    });

    withMounts(
      "shows attachments read-only, and a link to them that gives way to the student's own",
      async () => {
        const sha256 = await bench.store("the task\n");
        const home = bench.newHome();
        const first = bench.newSpec(home, [
          { name: "任务 1.txt", sha256 },
          { name: "../escape", sha256 },
          { name: "任务 1.txt", sha256 },
        ]);
        await started(first);
        expect((await bench.run(first, "cat ~/materials/'任务 1.txt'")).text).toBe("the task\n");
        expect((await bench.run(first, "ls -1A /home/materials")).text.trim().split("\n").sort()).toEqual(
          [".._escape", "任务 1 (2).txt", "任务 1.txt"].sort(),
        );
        const tries = "echo x >> f; echo x > new; rm -f f; chmod u+w f; mv f g; ln f ~/hard";
        await bench.run(
          first,
          `cd /home/materials; f='任务 1.txt'; ${tries.replaceAll(" f", ' "$f"')}; touch /home/x`,
        );
        expect((await bench.run(first, "ls -A /home/materials | wc -l; ls /home")).text.split(/\s+/)).toEqual(
          expect.arrayContaining(["3", "materials", "student"]),
        );
        expect((await bench.run(first, "cat ~/materials/'任务 1.txt'")).text).toBe("the task\n");
        await bench.run(first, "rm ~/materials && mkdir ~/materials && echo mine > ~/materials/own");
        await driver.destroy(first);
        const second = bench.newSpec(fenced(home, 2), [{ name: "b.txt", sha256 }]);
        await started(second);
        expect((await bench.run(second, "cat ~/materials/own; ls /home/materials")).text).toBe(
          "mine\nb.txt\n",
        );
        await driver.destroy(second);
      },
    );

    it("lists, reads and collects, while a workspace has the home and afterwards", async () => {
      const { home, spec } = await working();
      await bench.run(
        spec,
        "mkdir -p ~/d/e ~/.cache/x && echo 42 > ~/d/e/结果.txt && echo hi > ~/a && chmod +x ~/a",
      );
      const isOurs = ({ path }: { path: string }) => [".cache", "a", "d", "d/e/结果.txt"].includes(path);
      expect((await driver.listFiles(home, spec.id, "")).entries.filter(isOurs)).toMatchObject([
        { path: ".cache", kind: "directory" },
        { path: "a", kind: "file", size: 3 },
        { path: "d", kind: "directory", size: 0 },
      ]);
      const { size, content } = await driver.readFile(home, spec.id, "d/e/结果.txt");
      expect(size).toBe(3);
      let text = "";
      for await (const part of content) text += String(part);
      expect(text).toBe("42\n");
      await ended(spec);
      expect(await namesIn(home, "d/e")).toEqual(["d/e/结果.txt"]);
      const found = [];
      for await (const one of driver.collect(home, { fileBytes: 1e6, totalBytes: 1e7, files: 100 })) {
        if (!isOurs(one)) continue;
        if ("skipped" in one) found.push([one.path, one.skipped]);
        else {
          let bytes = 0;
          for await (const part of one.content) bytes += (part as Buffer).length;
          found.push([one.path, bytes, one.executable]);
        }
      }
      expect(found).toEqual([
        [".cache", "cache"],
        ["a", 3, true],
        ["d/e/结果.txt", 3, false],
      ]);
    });

    withMounts(
      "writes files, in use or not: whole, once, beside or in the place of what is there",
      async () => {
        const { home, spec } = await working(64);
        await bench.run(
          spec,
          "cd; mkdir d; echo old > d/a.txt; ln -s /tmp out; ln -s d/a.txt link; mkdir dir; mkdir ro; chmod a-w ro",
        );
        const write = async (onConflict: OnConflict, files: [path: string, text: string, exec?: true][]) => {
          async function* given() {
            for (const [path, text, executable] of files) {
              const content = Readable.from([Buffer.from(text)], { objectMode: false });
              yield { path, size: Buffer.byteLength(text), executable: executable === true, content };
            }
          }
          const results: string[] = [];
          for await (const one of driver.writeFiles(home, null, given(), onConflict))
            results.push("written" in one ? one.written : `${one.path}: ${one.refused}`);
          return results;
        };
        expect(await write("keepBoth", [["d/a.txt", "new\n"]])).toEqual(["d/a (2).txt"]);
        expect(await write("keepBoth", [["d/a.txt", "new\n"]])).toEqual(["d/a (2).txt"]);
        expect(await write("keepBoth", [["d/a.txt", "old\n"]])).toEqual(["d/a.txt"]);
        expect(
          await write("replace", [
            ["d/a.txt", "third\n"],
            ["new/deep/结果.sh", "#!/bin/sh\necho run\n", true],
            ["odd\\xff", "x"],
            ["link", "a file now\n"],
            ["out/passwd", "x"],
            ["../escape", "x"],
            ["d/../escape", "x"],
            ["/abs", "x"],
            ["", "x"],
            ["dir", "x"],
            ["d/a.txt/below", "x"],
            ["ro/x", "x"],
            ["last", ""],
          ]),
        ).toEqual([
          "d/a.txt",
          "new/deep/结果.sh",
          "odd\\xff",
          "link",
          "out/passwd: in_the_way",
          "../escape: bad_path",
          "d/../escape: bad_path",
          "/abs: bad_path",
          ": bad_path",
          "dir: in_the_way",
          "d/a.txt/below: in_the_way",
          "ro/x: not_allowed",
          "last",
        ]);
        const seen = await bench.run(
          spec,
          "cd; cat d/a.txt 'd/a (2).txt' link; sh -c ./new/deep/结果.sh; stat -c '%U %a' link new; ls -A /tmp | grep -c passwd; find . -name '.labyard*'",
        );
        expect(seen.text).toBe("third\nnew\na file now\nrun\nstudent 644\nstudent 755\n0\n");
        await driver.destroy(spec);
        const big = "b".repeat(100 * 1024 * 1024);
        expect(
          await write("replace", [
            ["big", big],
            ["after", "small"],
          ]),
        ).toEqual(["big: disk_full", "after"]);
        expect(await namesIn(home)).toEqual(["after", "d", "dir", "last", "link", "new", "odd\\xff", "ro"]);
      },
    );

    withMounts(
      "makes, moves, removes and counts, in use or not, and refuses what leads elsewhere",
      async () => {
        const { home, spec } = await working(64);
        await bench.run(
          spec,
          "cd; mkdir -p d/e full closed/in; echo 12345 > d/e/a.txt; echo b > d/b.txt; echo c > c.txt; echo x > full/x; ln -s /tmp out; ln -s d inside; mkdir ro; echo r > ro/r; chmod a-w ro; touch closed/in/f; chmod 0 closed/in; mkfifo pipe; touch /tmp/kept; mkdir links; ln -s /tmp links/tmp",
        );
        const deep = "cd ~/links; for i in $(seq 150); do mkdir d; cd d; done; touch f";
        await bench.run(spec, deep);
        const long = "长".repeat(85);
        const change = (changes: HomeChange[]) => driver.changeFiles(home, spec.id, changes);
        expect(
          await change([
            { act: "measure", path: "d" },
            { act: "measure", path: "c.txt" },
            { act: "makeFolder", path: "新 folder" },
            { act: "makeFolder", path: "新 folder" },
            { act: "makeFolder", path: long },
            { act: "makeFolder", path: `${long}x` },
            { act: "makeFolder", path: "out/x" },
            { act: "makeFolder", path: "../x" },
            { act: "makeFolder", path: "/x" },
            { act: "makeFolder", path: "no/such" },
            { act: "makeFolder", path: "" },
          ]),
        ).toEqual([
          { files: 2, folders: 2, bytes: 8 },
          { files: 1, folders: 0, bytes: 2 },
          { done: "新 folder" },
          { refused: "exists" },
          { done: long },
          { refused: "bad_path" },
          { refused: "in_the_way" },
          { refused: "bad_path" },
          { refused: "bad_path" },
          { refused: "not_found" },
          { refused: "bad_path" },
        ]);
        const move = (path: string, to: string, onConflict: "refuse" | "keepBoth" | "replace" = "refuse") =>
          ({ act: "move", path, to, onConflict }) as const;
        expect(
          await change([
            move("c.txt", "d/b.txt"),
            move("c.txt", "d/b.txt", "keepBoth"),
            move("d/b.txt", "新 folder/b (1).txt"),
            move("d", "d/e/d"),
            move("d/e", "full", "replace"),
            move("inside", "elsewhere"),
            move("pipe", "elsewhere"),
            move("inside/b.txt", "b.txt"),
            move("full/x", "out/x"),
            move("full/x", "links/../../x"),
            move("ro/r", "r"),
            move("d/e/a.txt", "新 folder/b (1).txt", "replace"),
            move("nothing", "something"),
          ]),
        ).toEqual([
          { refused: "exists" },
          { done: "d/b (2).txt" },
          { done: "新 folder/b (1).txt" },
          { refused: "into_itself" },
          { refused: "in_the_way" },
          { refused: "not_found" },
          { refused: "not_found" },
          { refused: "in_the_way" },
          { refused: "in_the_way" },
          { refused: "bad_path" },
          { refused: "not_allowed" },
          { done: "新 folder/b (1).txt" },
          { refused: "not_found" },
        ]);
        const remove = (path: string) => ({ act: "remove", path }) as const;
        expect(
          await change([
            remove("links"),
            remove("closed"),
            remove("d"),
            remove("inside"),
            remove("inside/x"),
            remove("ro/r"),
            remove(".."),
            remove(""),
            remove("full/x"),
            remove("nothing"),
          ]),
        ).toEqual([
          { done: "links" },
          { done: "closed" },
          { done: "d" },
          { refused: "not_found" },
          { refused: "in_the_way" },
          { refused: "not_allowed" },
          { refused: "bad_path" },
          { refused: "bad_path" },
          { done: "full/x" },
          { refused: "not_found" },
        ]);
        const seen = await bench.run(
          spec,
          "cd; ls -1d d closed links full/x; cat '新 folder/b (1).txt'; ls /tmp/kept",
        );
        expect(seen.text.split("\n").filter((line) => line && !line.includes("No such"))).toEqual([
          "12345",
          "/tmp/kept",
        ]);
        await driver.destroy(spec);
        expect(await driver.changeFiles(home, null, [remove("ro")])).toEqual([{ done: "ro" }]);
      },
    );

    withMounts("packs what is below some paths, and gives parts of a file", async () => {
      const { home, spec } = await working(64);
      await bench.run(
        spec,
        "cd; mkdir -p p/sub p/empty; echo one > p/1.txt; echo two > p/sub/二.txt; chmod +x p/1.txt; ln -s /etc p/etc; ln -s 1.txt p/link; mkfifo p/pipe; touch p/secret; chmod 0 p/secret; truncate -s 1G p/sparse; echo not > other; printf 0123456789 > digits",
      );
      const packed: unknown[] = [];
      const limits = { totalBytes: 1e6, files: 10 };
      for await (const one of driver.packFiles(home, spec.id, ["p", "digits", "gone"], limits)) {
        if (!("content" in one)) packed.push(one);
        else packed.push([one.path, (await one.content.toArray()).join(""), one.executable]);
      }
      expect(packed).toEqual([
        { path: "p", folder: true },
        ["p/1.txt", "one\n", true],
        { path: "p/empty", folder: true },
        { path: "p/etc", skipped: "symlink" },
        { path: "p/link", skipped: "symlink" },
        { path: "p/pipe", skipped: "fifo" },
        { path: "p/secret", skipped: "unreadable" },
        { path: "p/sparse", skipped: "total_too_large" },
        { path: "p/sub", folder: true },
        ["p/sub/二.txt", "two\n", false],
        ["digits", "0123456789", false],
        { path: "gone", skipped: "changed" },
      ]);
      for (const way of ["../x", "p/etc/passwd", "/etc"])
        await expect(
          driver.packFiles(home, spec.id, [way], limits)[Symbol.asyncIterator]().next(),
        ).rejects.toMatchObject({ code: "not_found" });
      const part = async (start: number, length: number) => {
        const { size, content } = await driver.readFile(home, spec.id, "digits", { start, length });
        return [size, (await content.toArray()).join("")];
      };
      expect(await part(3, 4)).toEqual([10, "3456"]);
      expect(await part(8, 100)).toEqual([10, "89"]);
      expect(await part(10, 1)).toEqual([10, ""]);
      expect(await part(99, 1)).toEqual([10, ""]);
      const { space } = await driver.listFiles(home, spec.id, "");
      expect(space?.total).toBeGreaterThan(40 * 1024 ** 2);
      expect(space?.free).toBeLessThanOrEqual(space?.total ?? 0);
    });

    withMounts("takes a home that was never mounted for empty", async () => {
      const home = bench.newHome();
      expect(await driver.listFiles(home, null, "")).toEqual({ entries: [], space: null, more: false });
      await expect(driver.readFile(home, null, "x")).rejects.toMatchObject({ code: "not_found" });
      for await (const one of driver.collect(home, { fileBytes: 1, totalBytes: 1, files: 1 }))
        expect(one).toBeNull();
      await driver.removeHome(home);
    });

    withMounts("says unreachable, never missing, of a host that does not answer", async () => {
      const { away } = bench;
      const spec = bench.newSpec(bench.newHome());
      const lost = { ...spec, host: away };
      const unreachable = { code: "unavailable", key: "hostUnreachable" };
      await expect(driver.observe(lost)).rejects.toMatchObject(unreachable);
      await expect(driver.destroy(lost)).rejects.toMatchObject(unreachable);
      await expect(driver.ensure(lost)).rejects.toMatchObject(unreachable);
      await expect(driver.list(away)).rejects.toMatchObject(unreachable);
      await expect(driver.prepareHost(away)).rejects.toMatchObject(unreachable);
    });

    const withAgent = has("agent") ? it : it.skip;
    withAgent.each(["vnc", "rdp"] as const)("keeps all of it for a desktop by %s", async (protocol) => {
      const sha256 = await bench.store("the task\n");
      const home = bench.newHome(64);
      const warm = { ...bench.newSpec(home, [], protocol), home: null };
      const { address } = await driver.ensure(warm);
      const answers = (secret = warm.secret) => driver.probe(address, warm.template, secret);
      expect(await until(answers, 60)).toBe(true);
      if (protocol === "vnc") expect(await answers("another secret")).toBe(false);
      expect(await driver.busy(address, warm.template, warm.secret)).toBe(false);
      const { host, port, parameters } = driver.desktop(address, warm.template, warm.secret);
      expect(`${host}:${port}`).toBe(address);
      expect(parameters.password).toMatch(/^[\w-]{8}$/);
      expect((await driver.ensureGuacd(bench.host)).port).toBe(4822);

      // Nothing of the session keeps hold of the place where the home will be.
      await driver.pause(warm);
      expect(await driver.observe(warm)).toMatchObject({ state: "paused", address });
      expect(await answers()).toBe(false);
      await expect(driver.agent(warm)).rejects.toMatchObject({ key: "workspaceGone" });
      await driver.attach(warm, home, [{ name: "任务.txt", sha256 }]);
      expect(await until(answers, 10)).toBe(true);
      const shown = "labyard-open sh -c 'pwd; cat materials/任务.txt; echo mine > own'";
      expect((await bench.run(warm, shown)).text).toBe("/home/student\nthe task\n");

      const agent = await driver.agent(warm);
      const heard: string[] = [];
      agent.onClipboard((text) => heard.push(text));
      const text = "实验 🦊 Ω\n第二行 \u{20bb7}";
      await agent.setClipboard(text);
      const x = "DISPLAY=:1 timeout 5 xclip -selection";
      expect((await bench.run(warm, `${x} clipboard -o; echo; ${x} primary -o`)).text).toBe(
        `${text}\n${text}`,
      );
      await bench.run(warm, `printf 'inside 里面 🦊' | ${x} clipboard -i >/dev/null 2>&1`);
      expect(await until(async () => heard.length > 0, 10)).toBe(true);
      expect(heard).toEqual(["inside 里面 🦊"]);
      for (const [width, height] of [
        [1001, 701],
        [1366, 768],
      ] as const) {
        await agent.resize(width, height);
        const said = await bench.run(warm, "DISPLAY=:1 xrandr | head -1");
        expect(said.text).toContain(`current ${width} x ${height}`);
      }
      await expect(agent.resize(10, 10)).rejects.toMatchObject({ key: "desktopRefused" });
      await agent.notify("还剩 5 分钟", "请保存文件。", true);
      agent.close();
      await agent.closed;
      await expect(agent.resize(1280, 800)).rejects.toMatchObject({ key: "desktopGone" });

      const cut = await driver.agent(warm);
      await driver.destroy(warm);
      await cut.closed;
      expect(await namesIn(home)).toContain("own");
    });
  });
}
