import { second } from "../clock";
import { pageOf } from "../page";
import { Refusal } from "../refusal";
import type { LaunchTemplate } from "../templates";
import type { Action } from "./call";

const describeTemplates: Action = (call) => {
  const { cloud, asked } = call;
  const { id: regionId } = call.region();
  const ids = asked.texts("LaunchTemplateId");
  const names = asked.texts("LaunchTemplateName");
  const found = cloud.templates
    .all()
    .filter(
      (one) =>
        one.regionId === regionId &&
        (ids.length === 0 || ids.includes(one.id)) &&
        (names.length === 0 || names.includes(one.name)),
    );
  const page = pageOf(found, asked);
  return {
    ...page.fields,
    LaunchTemplateSets: {
      LaunchTemplateSet: page.items.map((one) => ({
        LaunchTemplateId: one.id,
        LaunchTemplateName: one.name,
        DefaultVersionNumber: one.defaultVersion,
        LatestVersionNumber: one.versions.length,
        CreateTime: second(one.createdAt),
        ModifiedTime: second(one.createdAt),
        CreatedBy: "labyard",
        Tags: { Tag: [] },
      })),
    },
  };
};

const createTemplate: Action = (call) => {
  const { cloud, asked } = call;
  const { id } = call.region();
  const name = asked.need("LaunchTemplateName");
  if (name.length < 2 || name.length > 128) throw new Refusal(400, "InvalidLaunchTemplateName.Malformed");
  const made = cloud.templates.add(id, name, asked.text("VersionDescription") ?? "", asked);
  return { LaunchTemplateId: made.id, LaunchTemplateVersionNumber: 1 };
};

const deleteTemplate: Action = ({ cloud, asked }) => {
  cloud.templates.remove(
    cloud.templates.find(asked.text("LaunchTemplateId"), asked.text("LaunchTemplateName")),
  );
  return {};
};

/** The part of a version that a desktop needs. */
function data({ asked }: LaunchTemplate["versions"][number]) {
  const disk = asked.group("SystemDisk");
  const texts = [
    "ImageId",
    "InstanceType",
    "InstanceName",
    "HostName",
    "SecurityGroupId",
    "VSwitchId",
    "ZoneId",
    "InstanceChargeType",
    "SpotStrategy",
    "InternetChargeType",
    "HttpTokens",
    "UserData",
    "SecurityEnhancementStrategy",
    "RamRoleName",
  ];
  return {
    ...Object.fromEntries(texts.flatMap((name) => (asked.text(name) ? [[name, asked.text(name)]] : []))),
    ...(asked.number("InternetMaxBandwidthOut") === undefined
      ? {}
      : { InternetMaxBandwidthOut: asked.number("InternetMaxBandwidthOut") }),
    SecurityGroupIds: { SecurityGroupId: asked.texts("SecurityGroupIds") },
    SystemDisk: {
      ...(disk.text("Category") ? { Category: disk.text("Category") } : {}),
      ...(disk.number("Size") ? { Size: disk.number("Size") } : {}),
      ...(disk.text("PerformanceLevel") ? { PerformanceLevel: disk.text("PerformanceLevel") } : {}),
    },
    Tags: {
      InstanceTag: asked
        .groups("Tag")
        .map((one) => ({ Key: one.need("Key"), Value: one.text("Value") ?? "" })),
    },
  };
}

const describeVersions: Action = (call) => {
  const { cloud, asked } = call;
  call.region();
  const template = cloud.templates.find(asked.text("LaunchTemplateId"), asked.text("LaunchTemplateName"));
  const numbers = asked.texts("LaunchTemplateVersion").map(Number);
  const found = template.versions.filter(
    (one) =>
      (numbers.length === 0 || numbers.includes(one.number)) &&
      (!asked.flag("DefaultVersion") || one.number === template.defaultVersion),
  );
  const page = pageOf(found, asked);
  return {
    ...page.fields,
    LaunchTemplateVersionSets: {
      LaunchTemplateVersionSet: page.items.map((one) => ({
        LaunchTemplateId: template.id,
        LaunchTemplateName: template.name,
        VersionNumber: one.number,
        VersionDescription: one.description,
        DefaultVersion: one.number === template.defaultVersion,
        CreateTime: second(one.createdAt),
        ModifiedTime: second(one.createdAt),
        CreatedBy: "labyard",
        LaunchTemplateData: data(one),
      })),
    },
  };
};

export const templateActions: Record<string, Action> = {
  DescribeLaunchTemplates: describeTemplates,
  CreateLaunchTemplate: createTemplate,
  DeleteLaunchTemplate: deleteTemplate,
  DescribeLaunchTemplateVersions: describeVersions,
};
