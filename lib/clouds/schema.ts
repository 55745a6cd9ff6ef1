import { z } from "zod";

const id = z.string().length(26);

/** What the form of an account holds; an empty secret keeps the one that is there. */
export const accountFields = z.object({
  name: z.string().trim().min(1, "teach.field.required").max(80, "teach.field.tooLong"),
  accessKeyId: z
    .string()
    .trim()
    .min(1, "teach.field.required")
    .max(128, "teach.field.tooLong")
    .regex(/^[A-Za-z0-9._-]+$/, "teach.field.cloudName"),
  accessKeySecret: z.string().trim().max(128, "teach.field.tooLong").default(""),
  /** `host:port` in place of the cloud's own, as for the emulator. */
  endpoint: z
    .string()
    .trim()
    .max(200, "teach.field.tooLong")
    .regex(/^$|^[A-Za-z0-9.-]+(:\d{1,5})?$/, "teach.field.cloudName")
    .default(""),
});
export const accountIdInput = z.object({ accountId: id });
export const editAccountInput = accountFields.extend({ accountId: id });
export const setAccountStatusInput = z.object({ accountId: id, status: z.enum(["enabled", "disabled"]) });

export const regionFields = z.object({
  regionId: z
    .string()
    .trim()
    .regex(/^[a-z]{2}-[a-z0-9-]{2,36}$/, "teach.field.chooseOne"),
  /** How many instances there may be at once. */
  most: z.coerce.number("teach.field.whole").int("teach.field.whole").min(1).max(5000),
  reach: z.enum(["private", "public"]).default("private"),
});
export const addRegionInput = regionFields.extend({ accountId: id });
export const editRegionInput = regionFields.omit({ regionId: true }).extend({ hostId: id });
export const regionInput = z.object({ hostId: id });

export const resourceIdInput = z.object({ resourceId: id });
export const freezeImageInput = z.object({
  workspaceId: id,
  /** As the cloud takes names of images. */
  name: z
    .string()
    .trim()
    .min(2, "teach.field.required")
    .max(128, "teach.field.tooLong")
    .regex(/^(?!https?:\/\/|aliyun|acs:)\p{L}[\p{L}\p{N}:._-]*$/u, "teach.field.cloudName"),
});

const name = z.string().trim().min(1).max(128);
/** As much of a template as its price hangs on. */
export const priceInput = z.object({
  hostId: id,
  instanceTypes: z.array(name).min(1).max(10),
  vSwitches: z
    .array(z.object({ zoneId: name, vSwitchId: name }))
    .max(10)
    .default([]),
  systemDisk: z.object({ category: name, sizeGb: z.coerce.number().int().min(20).max(2048) }),
  internetMbps: z.coerce.number().int().min(0).max(200).default(0),
  spot: z.enum(["never", "first", "only"]).default("never"),
});
/** As many types as are on the screen. */
export const typePricesInput = z.object({
  hostId: id,
  types: z
    .array(z.object({ id: name, spotZoneId: name.nullable().default(null) }))
    .min(1)
    .max(10),
});
