import { appendFileSync } from "node:fs";
import { type Inngest, NonRetriableError } from "inngest";
import { graph, type Node } from "./graph";

const work = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Step = Parameters<Parameters<Inngest["createFunction"]>[1]>[0]["step"];

/** Functions whose effects are lines of a file, which a killed process leaves behind. */
export function crashFunctions(client: Inngest, file: string) {
  const note = (line: string) => appendFileSync(file, `${line}\n`);

  const leaf = client.createFunction(
    { id: "leaf", retries: 3, triggers: [{ event: "crash/leaf" }] },
    async ({ event, step, attempt }) => {
      const { seed } = event.data as { seed: number };
      return play(seed, graph(seed, true), step, attempt);
    },
  );

  async function play(seed: number, node: Node, step: Step, attempt: number): Promise<string> {
    const mark = `${seed}/${node.id}`;
    switch (node.kind) {
      case "step":
        return step.run(node.id, async () => {
          await work(node.workMs);
          if (attempt < node.failures) throw new Error(`${mark} fails at first`);
          note(mark);
          return `${node.id}=${seed}`;
        });
      case "lost":
        return step
          .run(node.id, (): string => {
            note(mark);
            throw new NonRetriableError("for good");
          })
          .catch(() => `${node.id} lost`);
      case "sleep":
        await step.sleep(node.id, "1s");
        return "slept";
      case "wait": {
        const met = { event: "crash/go", timeout: "1h", if: `async.data.mark == '${mark}'` } as const;
        const never = { event: "crash/never", timeout: "1s" } as const;
        const found = await step.waitForEvent(node.id, node.met ? met : never);
        return found ? `met ${found.data.mark}` : "not met";
      }
      case "tell":
        await step.sendEvent(node.id, { id: `told ${mark}`, name: "crash/told", data: { mark } });
        return "told";
      case "invoke":
        return `<${await step.invoke(node.id, { function: leaf, data: { seed: node.seed } })}>`;
      case "sequence": {
        const parts: string[] = [];
        for (const part of node.parts) parts.push(await play(seed, part, step, attempt));
        return `(${parts.join(" ")})`;
      }
      case "parallel":
        return `[${(await Promise.all(node.parts.map((part) => play(seed, part, step, attempt)))).join(" ")}]`;
    }
  }

  return [
    leaf,
    client.createFunction(
      { id: "graph", retries: 3, triggers: [{ event: "crash/graph" }] },
      async ({ event, step, attempt }) => {
        const { seed } = event.data as { seed: number };
        return play(seed, graph(seed), step, attempt);
      },
    ),
    client.createFunction({ id: "told", triggers: [{ event: "crash/told" }] }, async () => null),
    client.createFunction(
      {
        id: "ended",
        triggers: [{ event: "inngest/function.finished", if: "event.data.function_id == 'test-graph'" }],
      },
      async () => null,
    ),
    client.createFunction(
      {
        id: "suicide",
        retries: 1,
        triggers: [{ event: "crash/suicide" }],
        onFailure: async ({ event }: { event: { data: { run_id: string } } }) => {
          note(`failure:${event.data.run_id}`);
        },
      },
      async ({ step }) => {
        await step.run("kill", () => {
          note("suicide");
          process.kill(process.pid, "SIGKILL");
        });
      },
    ),
  ];
}
