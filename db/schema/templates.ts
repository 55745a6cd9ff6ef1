import { int, json, mysqlTable, text, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import { choice, id, instant } from "../columns";

export const protocols = ["jupyter", "vnc", "rdp"] as const;
export type Protocol = (typeof protocols)[number];

/** What one version of a template says; immutable, pinned by attempts. Parsed by lib/templates/schema.ts. */
export type TemplateSpec = ContainerSpec | CloudSpec;

/** Of every kind. */
type AnySpec = {
  /** What the service inside speaks: Jupyter's HTTP, or a desktop by VNC or RDP. */
  protocol: Protocol;
  /** Size of the student's home. */
  diskMb: number;
  startTimeoutSeconds: number;
};

export type ContainerSpec = AnySpec & {
  driver: "docker";
  image: string;
  cpus: number;
  memoryMb: number;
  processes: number;
  env: Record<string, string>;
  network: "none" | "internet";
};

/** A desktop on an instance of its own in a cloud. */
export type CloudSpec = AnySpec & {
  driver: "ecs";
  protocol: "rdp";
  os: "linux" | "windows";
  /** The region, as a host. */
  hostId: string;
  /** A class image or one of the cloud's; `user` is the account in it that students work as. */
  image: string;
  user: string;
  /** In the order in which they are tried: all zones with the first type, then with the next. */
  instanceTypes: string[];
  vSwitches: { zoneId: string; vSwitchId: string }[];
  securityGroupId: string;
  systemDisk: { category: string; sizeGb: number };
  /** `first`: spot, and what is not to be had as spot on demand. */
  spot: "never" | "first" | "only";
  /** Yuan an hour; null: whatever the market says, never more than on demand. */
  spotPriceLimit: number | null;
  /** 0: no address of its own in the internet; guacd reaches it inside the VPC. */
  internetMbps: number;
  /** A launch template of the cloud that stands under all of this. */
  launchTemplate: { id: string; version: string } | null;
  /** Run at its first start, as root; plain text. */
  userData: string;
  /** 1: in a region every workspace reserves one instance. */
  memoryMb: number;
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
