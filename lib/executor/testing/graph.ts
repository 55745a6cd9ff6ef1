/** A small generator, so that the parent can compute what a run with this seed must come to. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What a run does, as a tree; `id` is unique in it. */
export type Node =
  | { kind: "step"; id: string; workMs: number; failures: number }
  | { kind: "lost"; id: string }
  | { kind: "sleep"; id: string }
  | { kind: "wait"; id: string; met: boolean }
  | { kind: "tell"; id: string }
  | { kind: "invoke"; id: string; seed: number }
  | { kind: "sequence" | "parallel"; id: string; parts: Node[] };

/** A random tree: what is deep has no branches, and what was invoked invokes nobody. */
export function graph(seed: number, invoked = false): Node {
  // The first numbers of neighbouring seeds are alike.
  const next = random(Math.imul(seed + 1, 2_654_435_761));
  let count = 0;
  const make = (depth: number): Node => {
    const id = `n${count++}`;
    const wish = next();
    if (depth < 3 && (depth === 0 || wish < 0.3)) {
      const parts = Array.from({ length: 2 + Math.floor(next() * 2) }, () => make(depth + 1));
      return { kind: next() < 0.5 ? "sequence" : "parallel", id, parts };
    }
    if (wish < 0.38) return { kind: "sleep", id };
    if (wish < 0.45) return { kind: "wait", id, met: next() < 0.7 };
    if (wish < 0.52) return { kind: "tell", id };
    if (wish < 0.6 && !invoked) return { kind: "invoke", id, seed: seed * 100 + count };
    if (wish < 0.65) return { kind: "lost", id };
    return { kind: "step", id, workMs: Math.floor(next() * 40), failures: next() < 0.15 ? 1 : 0 };
  };
  return make(0);
}

/** Every node of the tree, those of invoked trees too, with the seed of the tree that it is in. */
export function nodesOf(seed: number, node: Node = graph(seed)): { seed: number; node: Node }[] {
  const inner =
    node.kind === "invoke"
      ? nodesOf(node.seed, graph(node.seed, true))
      : "parts" in node
        ? node.parts.flatMap((part) => nodesOf(seed, part))
        : [];
  return [{ seed, node }, ...inner];
}

/** What a run of this tree gives back when nothing ever goes wrong with its process. */
export function evaluate(seed: number, node: Node = graph(seed)): string {
  switch (node.kind) {
    case "step":
      return `${node.id}=${seed}`;
    case "lost":
      return `${node.id} lost`;
    case "sleep":
      return "slept";
    case "wait":
      return node.met ? `met ${seed}/${node.id}` : "not met";
    case "tell":
      return "told";
    case "invoke":
      return `<${evaluate(node.seed, graph(node.seed, true))}>`;
    case "sequence":
      return `(${node.parts.map((part) => evaluate(seed, part)).join(" ")})`;
    case "parallel":
      return `[${node.parts.map((part) => evaluate(seed, part)).join(" ")}]`;
  }
}
