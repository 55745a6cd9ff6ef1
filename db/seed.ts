// The one file of db/ that speaks to nouns: what every installation starts with is made by their verbs.
import { asc, eq } from "drizzle-orm";
import { type DemoPeople, demoPeople, ensureFirstRun, once } from "@/lib/accounts";
import { addAccount, addRegion } from "@/lib/clouds";
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
import { env, isLoopback } from "@/lib/platform/env";
import { createTemplate, presets } from "@/lib/templates";
import { courseClasses, courses } from "./schema";

/** Roles, demo accounts or set-up token at every start; the demo story once, and only beside demo accounts. */
export async function seed({ ctx }: { ctx: Ctx }): Promise<void> {
  await ensureFirstRun({ ctx });
  if (!isLoopback()) return;
  const people = await demoPeople({ ctx });
  if (!people) return;
  const keys = emulatorKeys();
  try {
    await once({ ctx, key: "demo.story", work: () => tellStory({ ...ctx, actor: people.teacher }, people) });
    if (keys) await once({ ctx, key: "demo.cloud", work: () => tellCloud(ctx, people, keys) });
  } catch (error) {
    // A lab without its story is still a lab; the next start tells it again.
    ctx.log.warn({ err: error }, "the demo story could not be told");
  }
}

type EmulatorKeys = { endpoint: string; accessKeyId: string; accessKeySecret: string };

/** The way into the emulator that `./labyard up --with-ecs-emulator` started beside this service. */
function emulatorKeys(): EmulatorKeys | undefined {
  const {
    ECS_EMULATOR_LISTEN: endpoint,
    ECS_EMULATOR_KEY: accessKeyId,
    ECS_EMULATOR_SECRET: accessKeySecret,
  } = env();
  return endpoint && accessKeyId && accessKeySecret ? { endpoint, accessKeyId, accessKeySecret } : undefined;
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
  const shared = { visibility: "shared" as const, network: "none" as const, env: [] };
  const notebook = await createTemplate({
    ctx,
    input: {
      ...presets.jupyter,
      ...shared,
      name: "JupyterLab",
      description: "Python 3 与常用的科学计算库，不能上网。",
    },
  });
  await describe(ctx, courseId, {
    title: "实验二　缺失值与异常值",
    description: "找出 $|x_i - \\bar{x}| > 3\\sigma$ 的记录，说明是改正、删去还是保留。\n",
  });
  await openForAMonth(ctx, {
    courseId,
    classId,
    templateId: notebook.templateId,
    title: "实验一　气温数据初探",
    description,
    data: { name: "气温.csv", text: temperatures },
  });
  const desktop = await createTemplate({
    ctx,
    input: {
      ...presets.vnc,
      ...shared,
      name: "Linux 桌面",
      description: "浏览器、文本编辑器、终端、文件管理器和拼音输入法，不能上网。",
    },
  });
  await openForAMonth(ctx, {
    courseId,
    classId,
    templateId: desktop.templateId,
    title: "实验三　Linux 桌面入门",
    description: desktopDescription,
  });
}

type Words = { title: string; description: string };

async function describe(ctx: Ctx, courseId: string, { title, description }: Words) {
  const made = await createExperiment({ ctx, input: { courseId, title } });
  const { experimentId } = made;
  await editExperiment({ ctx, input: { experimentId, title, description, weight: 20 } });
  return made;
}

/** An experiment with this template, given to the class from yesterday on. */
async function openForAMonth(
  ctx: Ctx,
  of: Words & {
    courseId: string;
    classId: string;
    templateId: string;
    data?: { name: string; text: string };
  },
): Promise<void> {
  const { experimentId, taskId } = await describe(ctx, of.courseId, of);
  await editTask({
    ctx,
    input: {
      taskId,
      templateId: of.templateId,
      durationMinutes: 120,
      idleMinutes: 60,
      maxAttempts: null,
      selfExtensions: 1,
      selfExtensionMinutes: 30,
    },
  });
  if (of.data)
    await addAttachment({ ctx, input: { experimentId, name: of.data.name }, content: bytes(of.data.text) });
  const now = ctx.clock.now().getTime();
  const days = (count: number) => new Date(now + count * 24 * 60 * 60 * 1000).toISOString();
  await setWindow({ ctx, input: { experimentId, opensAt: days(-1), closesAt: days(30) } });
  await assign({
    ctx,
    input: { experimentId, targetType: "class", targetId: of.classId, opensAt: null, closesAt: null },
  });
  await publishExperiment({ ctx, input: { experimentId } });
}

const cloudDescription = `在一台自己的云服务器上使用 Linux 桌面。

1. 点“开始实验”，等 1 到 2 分钟，桌面出现；
2. 在个人目录里新建 \`report.txt\`，写几句话，存盘；
3. 点“结束实验”，在实验页面查看保存的文件。

个人目录里的文件每隔几分钟和结束前自动取回；别处的文件不保留。
`;

/** With the emulator beside it: an account, a region, a template and an experiment of a cloud desktop. */
async function tellCloud(ctx: Ctx, { admin, teacher }: DemoPeople, keys: EmulatorKeys): Promise<void> {
  const [place] = await ctx.db
    .select({ courseId: courses.id, classId: courseClasses.classId })
    .from(courses)
    .innerJoin(courseClasses, eq(courseClasses.courseId, courses.id))
    .where(eq(courses.createdBy, teacher.id))
    .orderBy(asc(courses.createdAt))
    .limit(1);
  if (!place) return;
  const asAdmin = { ...ctx, actor: admin };
  const { accountId } = await addAccount({ ctx: asAdmin, input: { name: "演示云", ...keys } });
  const region = { accountId, regionId: "cn-hangzhou", most: 10, reach: "private" as const };
  const { hostId } = await addRegion({ ctx: asAdmin, input: region });
  const asTeacher = { ...ctx, actor: teacher };
  const { templateId } = await createTemplate({
    ctx: asTeacher,
    input: {
      name: "云桌面",
      description: "每个学生一台云服务器上的 Linux 桌面，由模拟器提供，不花钱。",
      visibility: "shared",
      ...presets.cloud,
      hostId,
      image: "ubuntu_24_04_x64_20G_alibase_20260915.vhd",
      instanceTypes: ["ecs.e-c1m2.large", "ecs.u1-c1m2.large"],
      vSwitches: ["h", "i"].map((zone) => ({
        zoneId: `cn-hangzhou-${zone}`,
        vSwitchId: `vsw-cn-hangzhou-${zone}`,
      })),
      securityGroupId: "sg-cn-hangzhou",
    },
  });
  const title = "实验四　云桌面";
  await openForAMonth(asTeacher, { ...place, templateId, title, description: cloudDescription });
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, "utf8");
}
