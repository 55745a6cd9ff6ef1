import { afterAll, expect, it } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { classes, collectedFiles, collections } from "@/db/schema";
import { as, createWorld } from "@/e2e/world";
import { startTask } from "@/lib/attempts";
import { newId } from "@/lib/platform/ids";
import { archiveOfExperiment } from "./index";
import { archiveLimits } from "./limits";

const db = database();
afterAll(closeDatabase);

it("an archive is of one class, of what changed, or of all; one of too many files is refused", async () => {
  const world = await createWorld(db, { students: 1 });
  const [student] = world.students;
  if (!student) throw new Error("no student");
  const { attemptId } = await startTask({ ctx: as(student, db), input: { taskId: world.taskId } });
  const at = new Date();
  const collectionId = newId();
  await db
    .insert(collections)
    .values({ id: collectionId, attemptId, homeId: newId(), state: "done", files: 2, createdAt: at });
  const file = { collectionId, size: 1, sha256: "a".repeat(64) };
  await db.insert(collectedFiles).values([
    { ...file, id: newId(), path: "a.txt", change: "new" },
    { ...file, id: newId(), path: "b.txt", change: "same" },
  ]);
  const other = newId();
  await db
    .insert(classes)
    .values({ id: other, name: other, createdBy: world.teacher.id, createdAt: at, updatedAt: at });

  const archive = async (part: { classId?: string; changed?: boolean } = {}) => {
    const input = { experimentId: world.experimentId, ...part };
    const { entries } = await archiveOfExperiment({ ctx: as(world.teacher, db), input });
    return entries.map(({ path }) => path);
  };
  expect(await archive()).toEqual(["a.txt", "b.txt"]);
  expect(await archive({ classId: world.classId })).toEqual(["a.txt", "b.txt"]);
  expect(await archive({ classId: other })).toEqual([]);

  const { files } = archiveLimits;
  archiveLimits.files = 1;
  try {
    const refused = { code: "limit", key: "collections.tooManyFiles", params: { max: 1 } };
    await expect(archive()).rejects.toMatchObject(refused);
    expect(await archive({ changed: true })).toEqual(["a.txt"]);
  } finally {
    archiveLimits.files = files;
  }
});
