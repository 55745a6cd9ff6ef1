import type { TemplateSpec } from "@/db/schema/templates";
import type { TemplateFields } from "./schema";

/** The immutable part of the form: what a version keeps. */
export function specOf(fields: TemplateFields): TemplateSpec {
  const { name: _name, description: _description, visibility: _visibility, ...rest } = fields;
  if (rest.driver === "docker") {
    return {
      ...rest,
      cpus: Math.round(rest.cpus * 100) / 100,
      env: Object.fromEntries(rest.env.map((row) => [row.name, row.value])),
    };
  }
  const { launchTemplateId: id, launchTemplateVersion: version, ...spec } = rest;
  return {
    ...spec,
    protocol: "rdp",
    spotPriceLimit: spec.spot === "never" ? null : spec.spotPriceLimit,
    launchTemplate: id ? { id, version: version || "Default" } : null,
    // One of the places that its region has.
    memoryMb: 1,
  };
}

/** A version as the form holds it: with the name and the rest it can be saved anew. */
export function fieldsOf(spec: TemplateSpec) {
  if (spec.driver === "docker") {
    const env = Object.entries(spec.env).map(([name, value]) => ({ name, value }));
    return { ...spec, env };
  }
  const { launchTemplate, protocol: _protocol, memoryMb: _memoryMb, ...rest } = spec;
  return {
    ...rest,
    launchTemplateId: launchTemplate?.id ?? "",
    launchTemplateVersion: launchTemplate?.version ?? "",
  };
}
