"use client";

import {
  BookOpen,
  Boxes,
  FlaskConical,
  GraduationCap,
  ListChecks,
  Pencil,
  Play,
  Plus,
  Server,
  Square,
  Trash2,
  Users,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { z } from "zod";
import { DataTable } from "@/components/data-table/data-table";
import {
  CheckboxField,
  DateTimeField,
  NumberField,
  SelectField,
  TextAreaField,
  TextField,
} from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Frame } from "@/components/frame/frame";
import { Badge } from "@/components/ui/badge";
import { Button, ButtonLink } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { CopyButton } from "@/components/ui/copy-button";
import { Countdown } from "@/components/ui/countdown";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { FileDrop } from "@/components/ui/file-drop";
import { PageHeader } from "@/components/ui/page-header";
import { ProgressBar, ProgressSteps } from "@/components/ui/progress";
import { Facts, Notice, Section } from "@/components/ui/section";
import { TableSkeleton } from "@/components/ui/skeleton";
import { StateChip } from "@/components/ui/state-chip";
import { Switch } from "@/components/ui/switch";
import { Tabs } from "@/components/ui/tabs";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";

type Row = {
  id: string;
  number: string;
  name: string;
  state: "ready" | "booting" | "stopped" | "failed";
  at: number;
  left: number | null;
};

const states = {
  ready: { tone: "ok", word: "运行中" },
  booting: { tone: "accent", word: "启动中 3/4" },
  stopped: { tone: "neutral", word: "已停止" },
  failed: { tone: "danger", word: "启动失败" },
} as const;

const names = [
  "张晓雨",
  "王子涵",
  "欧阳明轩",
  "Li Wei",
  "刘佳怡",
  "陈思远",
  "赵一鸣",
  "黄诗涵",
  "周梓萱",
  "吴宇航",
];

const schema = z.object({
  name: z.string().min(1).max(100),
  code: z.string().min(2, "课程代码至少 2 位，例如 CS101"),
  kind: z.enum(["docker", "ecs"]),
  memory: z.number().int().min(256).max(65536),
  opensAt: z.iso.datetime().nullable(),
  text: z.string(),
  internet: z.boolean(),
});

const nothing = async () => undefined;

export function Gallery({ now, markdown }: { now: number; markdown: ReactNode }) {
  const [rows] = useState<Row[]>(() =>
    names.map((name, index) => ({
      id: String(index),
      number: `2024${String(1001 + index * 7)}`,
      name,
      state: (["ready", "booting", "ready", "stopped", "failed"] as const)[index % 5] ?? "ready",
      at: now - index * 340_000,
      left: index % 5 === 3 ? null : 200_000 + index * 420_000,
    })),
  );
  return (
    <Frame
      groups={[
        {
          key: "learn",
          label: "学习",
          items: [{ href: "/dev/gallery", label: "我的实验", icon: <FlaskConical aria-hidden="true" /> }],
        },
        {
          key: "teach",
          label: "教学",
          items: [
            { href: "/dev/courses", label: "课程", icon: <GraduationCap aria-hidden="true" /> },
            { href: "/dev/classes", label: "班级", icon: <Users aria-hidden="true" /> },
            { href: "/dev/templates", label: "环境模板", icon: <Boxes aria-hidden="true" /> },
          ],
        },
        {
          key: "admin",
          label: "管理",
          items: [
            { href: "/dev/hosts", label: "计算节点", icon: <Server aria-hidden="true" /> },
            { href: "/dev/jobs", label: "任务队列", icon: <ListChecks aria-hidden="true" /> },
          ],
        },
      ]}
      person={{ name: "欧阳老师", detail: "教师 · 管理员" }}
      accountHref="/dev/account"
      homeHref="/dev/gallery"
      signOut={nothing}
      collapsed={false}
      theme="system"
      setLocale={nothing}
      setTheme={nothing}
    >
      <PageHeader
        breadcrumbs={[
          { label: "课程", href: "/dev/courses" },
          { label: "程序设计基础", href: "/dev/courses/1" },
        ]}
        title="实验二：矩阵与快速幂"
        badges={<Badge tone="ok">已发布</Badge>}
        description="计科 2401 班、计科 2402 班，共 60 人"
        actions={
          <>
            <ButtonLink href="/dev/edit" icon={<Pencil aria-hidden="true" />}>
              编辑
            </ButtonLink>
            <Button variant="primary" icon={<Play aria-hidden="true" />}>
              开始实验
            </Button>
          </>
        }
      />
      <div className="flex flex-col gap-6">
        <Notice tone="info" title="课堂将在 10 分钟后开始" actions={<Button size="sm">查看安排</Button>}>
          已为 60 名学生预留资源。
        </Notice>
        <DataTable
          label="学生"
          rows={rows}
          rowKey={(row) => row.id}
          rowName={(row) => row.name}
          rowHref={(row) => `/dev/students/${row.id}`}
          search={(row) => `${row.name} ${row.number}`}
          searchPlaceholder="搜索姓名或学号"
          filters={[
            {
              key: "state",
              label: "状态",
              options: Object.entries(states).map(([value, { word }]) => ({ value, label: word })),
              match: (row, value) => row.state === value,
            },
          ]}
          columns={[
            { key: "name", header: "姓名", cell: (row) => row.name, sort: (row) => row.name, phone: "title" },
            {
              key: "number",
              header: "学号",
              cell: (row) => <span className="tabular">{row.number}</span>,
              sort: (row) => row.number,
            },
            {
              key: "state",
              header: "状态",
              sort: (row) => row.state,
              phone: "trail",
              cell: (row) => (
                <StateChip tone={states[row.state].tone} moving={row.state === "booting"}>
                  {states[row.state].word}
                </StateChip>
              ),
            },
            {
              key: "at",
              header: "最近活动",
              phoneLabel: true,
              sort: (row) => row.at,
              cell: (row) => <Time at={row.at} mode="relative" />,
            },
            {
              key: "left",
              header: "剩余时间",
              phoneLabel: true,
              align: "end",
              sort: (row) => row.left,
              cell: (row) => (row.left === null ? "—" : <Countdown bare deadline={now + row.left} />),
            },
          ]}
          rowMenu={(row) => [
            {
              label: "延长 30 分钟",
              onSelect: () =>
                toast({
                  title: `已为 ${row.name} 延长 30 分钟`,
                  undo: { label: "撤销", run: () => undefined },
                }),
            },
            "separator",
            { label: "停止", icon: <Square />, danger: true },
          ]}
          bulk={(selected, clear) => (
            <ConfirmDialog
              trigger={
                <Button size="sm" variant="danger">
                  停止
                </Button>
              }
              title={`将结束 ${selected.length} 名学生正在进行的实验`}
              confirm={`结束 ${selected.length} 个环境`}
              onConfirm={clear}
            >
              个人目录里的文件都会保留，学生可以再次开始。
            </ConfirmDialog>
          )}
          more={{ cursor: "x", load: async () => ({ rows: [], cursor: null }) }}
          total={60}
          exportCsv="学生名单"
          empty={<EmptyState title="还没有学生" />}
        />
        <div className="grid gap-6 lg:grid-cols-2">
          <Section title="启动进度">
            <ProgressSteps
              label="启动进度"
              steps={[
                { key: "place", label: "安排计算节点", state: "done", time: "0.2 s" },
                { key: "home", label: "准备个人目录", state: "done", time: "0.4 s" },
                {
                  key: "container",
                  label: "启动环境",
                  state: "now",
                  time: "3 s",
                  detail: "通常需要 5 秒左右。",
                },
                { key: "boot", label: "等待 JupyterLab 就绪", state: "waiting" },
              ]}
            />
            <div className="mt-3 flex flex-col gap-2">
              <ProgressBar label="内存" value={5.2} max={8} text="5.2 / 8 GB" />
              <ProgressBar label="磁盘" value={92} max={100} tone="danger" text="92%" />
            </div>
          </Section>
          <Section
            title="时间与状态"
            actions={<CopyButton text="https://labyard.example/x">复制链接</CopyButton>}
          >
            <Facts
              items={[
                {
                  label: "状态",
                  value: (
                    <StateChip tone="ok" since={<Time at={now - 300_000} mode="relative" />}>
                      运行中
                    </StateChip>
                  ),
                },
                { label: "安静", value: <Countdown deadline={now + 5_400_000} /> },
                { label: "提醒", value: <Countdown deadline={now + 840_000} /> },
                { label: "紧急", value: <Countdown deadline={now + 250_000} /> },
                { label: "结束", value: <Countdown deadline={now - 1} /> },
                { label: "截止", value: <Time at={now + 86_400_000} /> },
              ]}
            />
            <div className="mt-3 flex flex-wrap gap-2">
              <Badge>草稿</Badge>
              <Badge tone="accent">必做</Badge>
              <Badge tone="ok">已发布</Badge>
              <Badge tone="warn">即将截止</Badge>
              <Badge tone="danger">已过期</Badge>
              <Badge tone="info">只读</Badge>
            </div>
            <div className="mt-3 flex flex-wrap gap-4">
              {(["neutral", "accent", "ok", "warn", "danger", "info"] as const).map((tone) => (
                <StateChip key={tone} tone={tone}>
                  {tone}
                </StateChip>
              ))}
            </div>
          </Section>
        </div>
        <Section title="按钮">
          <div className="flex flex-wrap items-center gap-2">
            <Button variant="primary">发布实验</Button>
            <Button>保存草稿</Button>
            <Button variant="ghost">取消</Button>
            <Button variant="danger" icon={<Trash2 aria-hidden="true" />}>
              删除课程
            </Button>
            <Button busy>正在保存</Button>
            <Button disabled>不可用</Button>
            <Button size="sm">小</Button>
            <Button size="lg" variant="primary">
              大
            </Button>
            <Dialog
              title="从名单导入"
              description="粘贴或上传 CSV 文件"
              trigger={<Button>打开窗口</Button>}
              footer={<Button variant="primary">导入 60 人</Button>}
            >
              <FileDrop onFiles={() => undefined} accept=".csv" hint="CSV 或 Excel，最多 2000 行" />
            </Dialog>
            <ConfirmDialog
              trigger={<Button>危险操作</Button>}
              title="永久删除“程序设计基础”"
              confirm="删除课程"
              typeToConfirm="程序设计基础"
              onConfirm={nothing}
            >
              60 名学生的成绩会一起删除，无法恢复。
            </ConfirmDialog>
            <Button
              onClick={() =>
                toast({
                  title: "已停止 3 个环境",
                  description: "文件都已保留。",
                  undo: { label: "撤销", run: () => undefined },
                })
              }
            >
              提示
            </Button>
            <Button
              onClick={() =>
                toast({ kind: "danger", title: "计算节点没有空位", description: "已排队，前面还有 4 人。" })
              }
            >
              错误提示
            </Button>
          </div>
        </Section>
        <Section title="表单">
          <Form
            schema={schema}
            defaultValues={{
              name: "",
              code: "",
              kind: "docker",
              memory: 1024,
              opensAt: null,
              text: "",
              internet: false,
            }}
            submit="发布实验"
            actions={<Button>保存草稿</Button>}
            onSubmit={async () => ({
              ok: false,
              error: { code: "invalid", key: "invalid", fields: { code: "conflict" } },
            })}
          >
            <TextField name="name" label="名称" required help="学生在列表里看到的名字。" />
            <TextField name="code" label="课程代码" placeholder="CS101" />
            <SelectField
              name="kind"
              label="环境"
              options={[
                { value: "docker", label: "JupyterLab（容器）" },
                { value: "ecs", label: "Windows 桌面（云主机）" },
              ]}
            />
            <NumberField name="memory" label="内存" unit="MB" help="256–65536" />
            <DateTimeField name="opensAt" label="开放时间" optional />
            <TextAreaField name="text" label="说明" help="支持 Markdown、公式和代码。" />
            <CheckboxField name="internet" label="允许访问互联网" help="关闭时只能访问校内软件源。" />
          </Form>
        </Section>
        <div className="grid gap-6 lg:grid-cols-2">
          <Section title="空" flush>
            <EmptyState
              icon={<BookOpen aria-hidden="true" />}
              title="还没有实验"
              action={
                <Button variant="primary" icon={<Plus aria-hidden="true" />}>
                  新建实验
                </Button>
              }
              guide={
                <a href="#guide" className="text-accent underline">
                  怎么准备一个实验
                </a>
              }
            >
              实验是学生在浏览器里做的一次练习，可以有多个任务。
            </EmptyState>
          </Section>
          <Section title="错误" flush>
            <ErrorState requestId="01K9ZQ3V7M5T" action={<Button>重试</Button>} />
          </Section>
        </div>
        <Notice tone="warn" title="计算节点快满了">
          再开始 4 个环境后，后来的学生需要排队。
        </Notice>
        <Notice tone="danger" title="连不上 Docker">
          运行中的环境不受影响，新的环境要等恢复后才能开始。
        </Notice>
        <Notice tone="ok">已导入 58 人，2 人需要修改。</Notice>
        <Tabs
          label="部分"
          tabs={[
            { value: "text", label: "说明", content: <Section>{markdown}</Section> },
            { value: "load", label: "加载中", count: 3, content: <TableSkeleton rows={4} /> },
          ]}
        />
        <div className="flex flex-col gap-3">
          <Checkbox label="我已阅读说明" help="提交后不能修改。" />
          <Switch label="接收提醒" defaultChecked />
        </div>
      </div>
    </Frame>
  );
}
