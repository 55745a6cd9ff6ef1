import { unavailable } from "@/lib/platform/errors";
import type { Changed, HomeChange, HomeRef } from "../driver";
import { answered } from "./connection";
import { changedHeader, frameOf, jsonFrame, parseFrame } from "./frames";
import { openReader } from "./reader";

// A folder of a hundred thousand files takes a while to go.
const patienceMs = 300_000;

/** Acts go in all at once, answers come back in their order; all of them are on disk at the end. */
export async function changeFiles(home: HomeRef, changes: readonly HomeChange[]): Promise<Changed[]> {
  const { frames, input, close } = await openReader(home, ["change"], { mode: "rw" });
  try {
    const acts = changes.map((change) => jsonFrame("H", change));
    input.write(Buffer.concat([...acts, frameOf("Z", Buffer.alloc(0))]));
    const answers: Changed[] = [];
    for (;;) {
      const step = await answered(frames.next(), patienceMs);
      if (step.done) throw unavailable("hostError", new Error("file changer: ended early"));
      if (step.value.kind === "Z") break;
      answers.push(parseFrame(changedHeader, step.value));
    }
    if (answers.length !== changes.length) throw unavailable("hostError", new Error("file changer: short"));
    return answers;
  } finally {
    await close();
  }
}
