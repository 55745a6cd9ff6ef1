import { expect, test } from "vitest";
import { subjectsOf } from "./subjects";

const [workspace, attempt, run] = [
  "01M7YB7KYMBBA0S8EDW14YX524",
  "01M7YB55R9PPW95WJRPA0QAKH6",
  "01M7YB7E2YGAQ199HAWGQB03KF",
];

test.each([
  ["nothing", {}, [null, null]],
  ["no ids", { at: "2026-03-02", count: 3, none: null, short: "01M7" }, [null, null]],
  ["one", { workspaceId: workspace }, [workspace, null]],
  ["two, in their order", { workspaceId: workspace, attemptId: attempt }, [workspace, attempt]],
  ["the same twice", { workspaceId: workspace, other: workspace }, [workspace, null]],
  [
    "of a failure, what failed first",
    { run_id: run, event: { data: { workspaceId: workspace } } },
    [workspace, run],
  ],
  ["no more than two", { a: workspace, b: attempt, c: run }, [workspace, attempt]],
])("%s", (_, data, [subject1, subject2]) => expect(subjectsOf(data)).toEqual({ subject1, subject2 }));
