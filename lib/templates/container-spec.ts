import type { ContainerSpec, TemplateSpec } from "@/db/schema/templates";
import { conflict } from "@/lib/platform/errors";

/** The spec of a template for containers; `conflict template.notContainer` for one of a cloud. */
export function containerSpec(spec: TemplateSpec): ContainerSpec {
  if (spec.driver !== "docker") throw conflict("template.notContainer");
  return spec;
}
