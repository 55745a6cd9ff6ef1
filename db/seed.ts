// The one file of db/ that speaks to nouns: what every installation starts with is made by their verbs.
import { type DemoPeople, demoPeople, ensureFirstRun, once } from "@/lib/accounts";
import { addStudent, createClass, createCourse } from "@/lib/courses";
import {
  addAttachment,
  assign,
  createExperiment,
  editExperiment,
  editTask,
  publishExperiment,
  setWindow,
} from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { isLoopback } from "@/lib/platform/env";
import { createTemplate, presets } from "@/lib/templates";

/** Roles, demo accounts or set-up token at every start; the demo story once, and only beside demo accounts. */
export async function seed({ ctx }: { ctx: Ctx }): Promise<void> {
  await ensureFirstRun({ ctx });
  if (!isLoopback()) return;
  const people = await demoPeople({ ctx });
  if (!people) return;
  try {
    await once({ ctx, key: "demo.story", work: () => tellStory({ ...ctx, actor: people.teacher }, people) });
  } catch (error) {
    // A lab without its story is still a lab; the next start tells it again.
    ctx.log.warn({ err: error }, "the demo story could not be told");
  }
}

const description = `本次实验用 Python 认识一组真实的气温数据：读入、清洗、画图，再用最小二乘拟合一条直线。

## 目标

1. 会用 \`csv\` 模块读入 \`~/materials/气温.csv\`；
2. 会计算平均值 $\\bar{x} = \\frac{1}{n}\\sum_{i=1}^{n} x_i$ 和标准差；
3. 会拟合 $y = ax + b$，并说明 $a$ 的含义。

## 步骤

\`\`\`python
import csv, statistics
with open("materials/气温.csv", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
print(statistics.mean(float(row["气温"]) for row in rows))
\`\`\`

| 提交 | 要求 |
|---|---|
| \`report.ipynb\` | 图要有标题和单位 |

做完后保存即可：个人目录里的文件在实验结束后会自动收集。
`;

const desktopDescription = `在浏览器里使用一个完整的 Linux 桌面：文件、编辑器、终端和输入法都在里面。

1. 打开“文件”，进入个人目录，新建文件夹 \`report\`；
2. 用“文本编辑器”写一段中文自我介绍，按 Ctrl + 空格切换到拼音输入法；
3. 在“终端”里用 \`wc -m\` 数一数写了多少个字。

窗口大小会跟着浏览器变；复制、粘贴在桌面内外都能用。做完后保存即可。
`;

const temperatures = `日期,气温\n${[3.1, 4.6, 9.8, 16.2, 21.5, 25.4, 28.9, 28.1, 23.6, 17.9, 11.2, 5.0]
  .map((degrees, month) => `2025-${String(month + 1).padStart(2, "0")},${degrees}`)
  .join("\n")}\n`;

/** 王老师 has a course with a class, two templates, a draft, and two experiments that are open for a month. */
async function tellStory(ctx: Ctx, { students }: DemoPeople): Promise<void> {
  const { courseId } = await createCourse({
    ctx,
    input: { name: "数据分析基础", code: "DA101", term: "2026 秋", description: "用 Python 读懂数据。" },
  });
  const { classId } = await createClass({ ctx, input: { name: "数据 2601 班", courseId } });
  for (const { number, name } of students) await addStudent({ ctx, input: { classId, number, name } });
  const { templateId } = await createTemplate({
    ctx,
    input: {
      name: "JupyterLab",
      description: "Python 3 与常用的科学计算库，不能上网。",
      visibility: "shared",
      driver: "docker",
      image: "labyard/jupyter",
      cpus: 1,
      memoryMb: 1024,
      processes: 256,
      diskMb: 1024,
      network: "none",
      startTimeoutSeconds: 120,
      env: [],
    },
  });
  const draft = await createExperiment({ ctx, input: { courseId, title: "实验二　缺失值与异常值" } });
  await editExperiment({
    ctx,
    input: {
      experimentId: draft.experimentId,
      title: "实验二　缺失值与异常值",
      description: "找出 $|x_i - \\bar{x}| > 3\\sigma$ 的记录，说明是改正、删去还是保留。\n",
      weight: 20,
    },
  });
  const { experimentId, taskId } = await createExperiment({
    ctx,
    input: { courseId, title: "实验一　气温数据初探" },
  });
  await editExperiment({
    ctx,
    input: { experimentId, title: "实验一　气温数据初探", description, weight: 20 },
  });
  await editTask({
    ctx,
    input: {
      taskId,
      templateId,
      durationMinutes: 120,
      idleMinutes: 60,
      maxAttempts: null,
      selfExtensions: 1,
      selfExtensionMinutes: 30,
    },
  });
  const now = ctx.clock.now().getTime();
  const days = (count: number) => new Date(now + count * 24 * 60 * 60 * 1000).toISOString();
  await setWindow({ ctx, input: { experimentId, opensAt: days(-1), closesAt: days(30) } });
  await addAttachment({ ctx, input: { experimentId, name: "气温.csv" }, content: bytes(temperatures) });
  await assign({
    ctx,
    input: { experimentId, targetType: "class", targetId: classId, opensAt: null, closesAt: null },
  });
  await publishExperiment({ ctx, input: { experimentId } });
  await addDesktop(ctx, courseId, classId);
}

/** The same, with a desktop instead of a notebook. */
async function addDesktop(ctx: Ctx, courseId: string, classId: string): Promise<void> {
  const { templateId } = await createTemplate({
    ctx,
    input: {
      name: "Linux 桌面",
      description: "浏览器、文本编辑器、终端、文件管理器和拼音输入法，不能上网。",
      visibility: "shared",
      ...presets.vnc,
      network: "none",
      env: [],
    },
  });
  const title = "实验三　Linux 桌面入门";
  const { experimentId, taskId } = await createExperiment({ ctx, input: { courseId, title } });
  await editExperiment({
    ctx,
    input: { experimentId, title, description: desktopDescription, weight: 20 },
  });
  await editTask({
    ctx,
    input: {
      taskId,
      templateId,
      durationMinutes: 120,
      idleMinutes: 60,
      maxAttempts: null,
      selfExtensions: 1,
      selfExtensionMinutes: 30,
    },
  });
  const day = 24 * 60 * 60 * 1000;
  const now = ctx.clock.now().getTime();
  const [opensAt, closesAt] = [new Date(now - day).toISOString(), new Date(now + 30 * day).toISOString()];
  await setWindow({ ctx, input: { experimentId, opensAt, closesAt } });
  await assign({
    ctx,
    input: { experimentId, targetType: "class", targetId: classId, opensAt: null, closesAt: null },
  });
  await publishExperiment({ ctx, input: { experimentId } });
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, "utf8");
}
