import { pageOf } from "../page";
import { invalid, missing, Refusal, unknownThing } from "../refusal";
import { hasTags, readTags, type Tags } from "../tags";
import type { Action, Call } from "./call";

type Tagged = { id: string; regionId: string; tags: Tags };

function things({ cloud, asked }: Call): Tagged[] {
  switch (asked.need("ResourceType")) {
    case "instance":
      return cloud.instances.all();
    case "disk":
      return cloud.disks.all();
    case "snapshot":
      return cloud.snapshots.all();
    case "image":
      return cloud.images.own();
    default:
      throw new Refusal(400, "InvalidResourceType.NotFound", "The resource type is not supported.");
  }
}

function named(call: Call): Tagged[] {
  const ids = call.asked.texts("ResourceId");
  if (ids.length === 0) throw missing("ResourceId");
  if (ids.length > 50) throw invalid("ResourceId", "has more than 50 items");
  const all = things(call);
  return ids.map((id) => {
    const found = all.find((one) => one.id === id);
    if (!found) throw unknownThing("ResourceId", id);
    return found;
  });
}

const tagResources: Action = (call) => {
  call.region();
  const found = named(call);
  const tags = readTags(call.asked);
  if (tags.size === 0) throw missing("Tag");
  for (const one of found) for (const [key, value] of tags) one.tags.set(key, value);
  return {};
};

const untagResources: Action = (call) => {
  call.region();
  for (const one of named(call)) {
    if (call.asked.flag("All")) one.tags.clear();
    for (const key of call.asked.texts("TagKey")) one.tags.delete(key);
  }
  return {};
};

const listTags: Action = (call) => {
  const { asked } = call;
  const { id: regionId } = call.region();
  const ids = asked.texts("ResourceId");
  const rows = things(call)
    .filter((one) => one.regionId === regionId && (ids.length === 0 || ids.includes(one.id)))
    .filter((one) => hasTags(one.tags, asked))
    .flatMap(({ id, tags }) => [...tags].map(([TagKey, TagValue]) => ({ ResourceId: id, TagKey, TagValue })));
  const page = pageOf(rows, asked.paged(50));
  return {
    NextToken: page.nextToken,
    TagResources: {
      TagResource: page.items.map((one) => ({ ...one, ResourceType: asked.need("ResourceType") })),
    },
  };
};

export const tagActions: Record<string, Action> = {
  TagResources: tagResources,
  UntagResources: untagResources,
  ListTagResources: listTags,
};
