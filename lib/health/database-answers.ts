import { checkDatabase } from "./checks";

// Longer than a busy moment: a class that starts fills the pool for a second.
const patienceMs = 5_000;

let asking: Promise<boolean> | undefined;

/** Whether pages can be drawn now: requests that come together share one question, answered within 5 s. */
export function databaseAnswers(): Promise<boolean> {
  asking ??= checkDatabase(undefined, patienceMs)
    .then(({ state }) => state === "ok")
    .finally(() => {
      asking = undefined;
    });
  return asking;
}
