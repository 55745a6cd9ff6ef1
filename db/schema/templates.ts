import { int, json, mysqlTable, text, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import { choice, id, instant } from "../columns";

export const protocols = ["jupyter", "vnc", "rdp"] as const;
export type Protocol = (typeof protocols)[number];

/** What one version of a template says; immutable, pinned by attempts. Parsed by lib/templates/schema.ts. */
export type TemplateSpec = {
  driver: "docker";
  /** What the service inside speaks: Jupyter's HTTP, or a desktop by VNC or RDP. */
  protocol: Protocol;
  image: string;
  cpus: number;
  memoryMb: number;
  processes: number;
  /** Size of the student's home. */
  diskMb: number;
  env: Record<string, string>;
  network: "none" | "internet";
  startTimeoutSeconds: number;
};

export const templates = mysqlTable("templates", {
  id: id("id").primaryKey(),
  name: varchar("name", { length: 120 }).notNull(),
  description: text("description").notNull(),
  currentVersionId: id("current_version_id").notNull(),
  createdBy: id("created_by").notNull(),
  /** `own`: only its author and administrators edit it; everybody with template.edit may use a shared one. */
  visibility: choice("visibility", ["own", "shared"]).notNull().default("shared"),
  createdAt: instant("created_at").notNull(),
  updatedAt: instant("updated_at").notNull(),
  archivedAt: instant("archived_at"),
});

export const templateVersions = mysqlTable(
  "template_versions",
  {
    id: id("id").primaryKey(),
    templateId: id("template_id").notNull(),
    number: int("number").notNull(),
    spec: json("spec").$type<TemplateSpec>().notNull(),
    createdBy: id("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [uniqueIndex("template_versions_number").on(table.templateId, table.number)],
);
