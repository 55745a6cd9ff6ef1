import { and, desc, eq, inArray, isNotNull, isNull, like, lt, or, type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import type { Tx } from "@/db/client";
import { tasks, templates, templateVersions, users } from "@/db/schema";
import type { TemplateSpec } from "@/db/schema/templates";
import type { Ctx } from "@/lib/platform/context";
import { forbidden, notFound, unauthenticated } from "@/lib/platform/errors";
import { likePattern, type Page, pageOf, readCursor } from "@/lib/platform/keyset";
import { can, type TemplateAction } from "./policy";
import { listTemplatesInput } from "./schema";

export type TemplateVersion = {
  id: string;
  templateId: string;
  number: number;
  spec: TemplateSpec;
  createdAt: Date;
};

const versionColumns = {
  id: templateVersions.id,
  templateId: templateVersions.templateId,
  number: templateVersions.number,
  spec: templateVersions.spec,
  createdAt: templateVersions.createdAt,
};

/** One pinned version, whatever became of its template. */
export async function getTemplateVersion(db: Tx, versionId: string): Promise<TemplateVersion> {
  const [row] = await db
    .select(versionColumns)
    .from(templateVersions)
    .where(eq(templateVersions.id, versionId));
  if (!row) throw notFound("template");
  return row;
}

/** The version that a new attempt pins. */
export async function currentVersionOf(db: Tx, templateId: string): Promise<TemplateVersion> {
  const [row] = await db
    .select(versionColumns)
    .from(templates)
    .innerJoin(templateVersions, eq(templateVersions.id, templates.currentVersionId))
    .where(eq(templates.id, templateId));
  if (!row) throw notFound("template");
  return row;
}

const templateColumns = {
  id: templates.id,
  name: templates.name,
  description: templates.description,
  visibility: templates.visibility,
  createdBy: templates.createdBy,
  createdByName: users.name,
  currentVersionId: templates.currentVersionId,
  createdAt: templates.createdAt,
  updatedAt: templates.updatedAt,
  archivedAt: templates.archivedAt,
  version: templateVersions.number,
  spec: templateVersions.spec,
};

const templateRows = (db: Tx) =>
  db
    .select(templateColumns)
    .from(templates)
    .innerJoin(templateVersions, eq(templateVersions.id, templates.currentVersionId))
    .leftJoin(users, eq(users.id, templates.createdBy));

export type Template = Awaited<ReturnType<typeof loadTemplate>>;

/** The template, if this actor may do that with it; unknown and invisible are the same `not_found`. */
export async function loadTemplate(ctx: Ctx, templateId: string, action: TemplateAction, tx: Tx = ctx.db) {
  if (ctx.actor.type === "nobody") throw unauthenticated();
  const [row] = await templateRows(tx).where(eq(templates.id, templateId));
  if (!row) throw notFound("template");
  const thing = { createdBy: row.createdBy, visibility: row.visibility, archived: row.archivedAt !== null };
  if (!can(ctx.actor, "view", thing)) throw notFound("template");
  if (!can(ctx.actor, action, thing)) throw forbidden();
  return { ...row, may: { edit: can(ctx.actor, "edit", thing), use: can(ctx.actor, "use", thing) } };
}

export const getTemplate = (ctx: Ctx, templateId: string): Promise<Template> =>
  loadTemplate(ctx, templateId, "view");

/** What this actor may see: the shared ones and the own ones. */
function visibleTo(ctx: Ctx): SQL | undefined {
  const { actor } = ctx;
  if (actor.type === "system") return undefined;
  if (actor.type === "nobody") throw unauthenticated();
  if (!actor.permissions.has("template.edit")) throw forbidden();
  if (actor.permissions.has("course.any")) return undefined;
  return or(eq(templates.visibility, "shared"), eq(templates.createdBy, actor.id));
}

export type TemplateRow = Omit<Template, "may"> & { inUse: number; editable: boolean };

export async function listTemplates({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof listTemplatesInput>;
}): Promise<Page<TemplateRow>> {
  const visible = visibleTo(ctx);
  const { search, archived, cursor, limit } = listTemplatesInput.parse(input);
  const after = readCursor(cursor, 1);
  const rows = await templateRows(ctx.db)
    .where(
      and(
        visible,
        archived ? isNotNull(templates.archivedAt) : isNull(templates.archivedAt),
        search ? like(templates.name, likePattern(search)) : undefined,
        after ? lt(templates.id, after[0] ?? "") : undefined,
      ),
    )
    .orderBy(desc(templates.id))
    .limit(limit + 1);
  const page = pageOf(rows, limit, (row) => [row.id]);
  const counts = await usesOf(
    ctx.db,
    page.rows.map((row) => row.id),
  );
  const editable = (row: (typeof page.rows)[number]) =>
    can(ctx.actor, "edit", { createdBy: row.createdBy, visibility: row.visibility, archived: false });
  return {
    rows: page.rows.map((row) => ({ ...row, inUse: counts.get(row.id) ?? 0, editable: editable(row) })),
    next: page.next,
  };
}

async function usesOf(db: Tx, ids: string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: tasks.templateId, count: sql<number>`count(*)` })
    .from(tasks)
    .where(inArray(tasks.templateId, ids))
    .groupBy(tasks.templateId);
  return new Map(rows.map((row) => [row.id ?? "", Number(row.count)]));
}

/** What an experiment's task can be given: live templates that this actor may use. */
export async function usableTemplates(ctx: Ctx) {
  const rows = await templateRows(ctx.db)
    .where(and(visibleTo(ctx), isNull(templates.archivedAt)))
    .orderBy(templates.name)
    .limit(500);
  return rows.map(({ id, name, version, spec }) => ({ id, name, version, spec }));
}

export async function listTemplateVersions(ctx: Ctx, templateId: string) {
  await loadTemplate(ctx, templateId, "view");
  return ctx.db
    .select({ ...versionColumns, createdByName: users.name })
    .from(templateVersions)
    .leftJoin(users, eq(users.id, templateVersions.createdBy))
    .where(eq(templateVersions.templateId, templateId))
    .orderBy(desc(templateVersions.number))
    .limit(100);
}
