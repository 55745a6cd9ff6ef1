import type { Connection } from "mysql2/promise";
import { jupyterSpec } from "@/e2e/world";
import { newId } from "@/lib/platform/ids";

export type School = {
  students: { id: string; taskIds: string[]; experimentIds: string[] }[];
  teachers: { id: string; classId: string; experimentId: string }[];
};

const sizes = { students: 5_000, courses: 200, classSize: 50, attemptsEach: 20, eventsEach: 10 };

/**
 * A school after some terms, straight into the tables: 5,000 students in 100 classes, 200 courses of two
 * experiments, 100,000 attempts that are over, a million events of their workspaces.
 */
export async function fillSchool(connection: Connection): Promise<School> {
  const at = new Date();
  const ids = (n: number): string[] => Array.from({ length: n }, newId);
  const put = (table: string, columns: string, rows: unknown[][]) => insert(connection, table, columns, rows);
  const students = ids(sizes.students);
  const teachers = ids(sizes.courses);
  const people = [...students, ...teachers];
  await put(
    "users",
    "id,username,name,number,created_at,updated_at",
    people.map((id, i) => [id, `p${i}`, `学生 ${i}`, `2026${i}`, at, at]),
  );
  await put(
    "user_roles",
    "user_id,role",
    people.map((id, i) => [id, i < students.length ? "student" : "teacher"]),
  );
  const classes = ids(sizes.students / sizes.classSize);
  await put(
    "classes",
    "id,name,created_by,created_at,updated_at",
    classes.map((id, i) => [id, `班级 ${i}`, teachers[i], at, at]),
  );
  await put(
    "enrolments",
    "class_id,user_id,created_at",
    students.map((id, i) => [classes[Math.floor(i / sizes.classSize)], id, at]),
  );
  const courses = ids(sizes.courses);
  const classOf = (course: number) => classes[course % classes.length] ?? "";
  await put(
    "courses",
    "id,name,description,created_by,created_at,updated_at",
    courses.map((id, i) => [id, `课程 ${i}`, "", teachers[i], at, at]),
  );
  await put(
    "course_members",
    "course_id,user_id,role",
    courses.map((id, i) => [id, teachers[i], "teacher"]),
  );
  await put(
    "course_classes",
    "course_id,class_id",
    courses.map((id, i) => [id, classOf(i)]),
  );
  const [template, version] = ids(2);
  await put("templates", "id,name,description,current_version_id,created_by,created_at,updated_at", [
    [template, "JupyterLab", "", version, teachers[0], at, at],
  ]);
  await put("template_versions", "id,template_id,number,spec,created_by,created_at", [
    [version, template, 1, JSON.stringify(jupyterSpec), teachers[0], at],
  ]);
  const experiments = courses.flatMap((course, i) => ids(2).map((id) => ({ id, course, i, task: newId() })));
  await put(
    "experiments",
    "id,course_id,title,description,status,created_by,created_at,updated_at",
    experiments.map(({ id, course, i }) => [id, course, "实验", "# 实验", "published", teachers[i], at, at]),
  );
  await put(
    "tasks",
    "id,experiment_id,position,type,title,template_id,duration_minutes",
    experiments.map(({ id, task }) => [task, id, 1, "environment", "环境", template, 90]),
  );
  await put(
    "assignments",
    "id,experiment_id,target_type,target_id",
    experiments.map(({ id, i }) => [newId(), id, "class", classOf(i)]),
  );
  const own = (student: number) => {
    const group = Math.floor(student / sizes.classSize);
    return experiments.filter(({ i }) => i % classes.length === group);
  };
  const mine = students.map((id, i) => ({ id, experiments: own(i) }));
  const attempts = mine.flatMap(({ id, experiments: list }) =>
    Array.from({ length: sizes.attemptsEach }, (_, n) => ({
      id: newId(),
      workspace: newId(),
      user: id,
      task: list[n % list.length]?.task,
      number: Math.floor(n / list.length) + 1,
    })),
  );
  await put(
    "attempts",
    "id,task_id,user_id,number,template_version_id,state,started_at,ended_at,end_reason,created_at",
    attempts.map(({ id, task, user, number }) => [
      id,
      task,
      user,
      number,
      version,
      "ended",
      at,
      at,
      "student",
      at,
    ]),
  );
  await put(
    "workspaces",
    "id,purpose,attempt_id,user_id,template_version_id,label,desired,state,memory_mb,requested_at,state_at,ended_at",
    attempts.map(({ id, workspace, user }) => [
      workspace,
      "attempt",
      id,
      user,
      version,
      workspace.toLowerCase(),
      "stopped",
      "stopped",
      512,
      at,
      at,
      at,
    ]),
  );
  for (let from = 0; from < attempts.length; from += 10_000) {
    await put(
      "workspace_events",
      "id,workspace_id,to_state,actor,reason,at",
      attempts
        .slice(from, from + 10_000)
        .flatMap(({ workspace }) =>
          Array.from({ length: sizes.eventsEach }, () => [
            newId(),
            workspace,
            "ready",
            "system",
            "answers",
            at,
          ]),
        ),
    );
  }
  return {
    students: mine.map(({ id, experiments: list }) => ({
      id,
      taskIds: list.map(({ task }) => task),
      experimentIds: list.map((one) => one.id),
    })),
    teachers: teachers.slice(0, classes.length).map((id, i) => ({
      id,
      classId: classOf(i),
      experimentId: experiments.find((one) => one.i === i)?.id ?? "",
    })),
  };
}

async function insert(
  connection: Connection,
  table: string,
  columns: string,
  rows: unknown[][],
): Promise<void> {
  for (let from = 0; from < rows.length; from += 5_000)
    await connection.query(`INSERT INTO ${table} (${columns}) VALUES ?`, [rows.slice(from, from + 5_000)]);
}
