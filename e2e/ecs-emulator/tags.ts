import type { Parameters } from "./parameters";
import { invalid } from "./refusal";

export type Tags = Map<string, string>;

/** `Tag.N.Key` and `Tag.N.Value` of a call that makes or tags something. */
export function readTags(asked: Parameters): Tags {
  const groups = asked.groups("Tag");
  if (groups.length > 20) throw invalid("Tag", "has more than 20 items");
  const tags: Tags = new Map();
  groups.forEach((one, place) => {
    const key = one.need("Key");
    const value = one.text("Value") ?? "";
    if (key.length > 128 || /^(aliyun|acs:)|https?:\/\//.test(key)) throw invalid(`Tag.${place + 1}.Key`);
    if (value.length > 128 || /https?:\/\//.test(value)) throw invalid(`Tag.${place + 1}.Value`);
    if (tags.has(key)) throw invalid(`Tag.${place + 1}.Key`, "is there twice");
    tags.set(key, value);
  });
  return tags;
}

/** Whether it has all the tags that a list asks for; a tag without a value matches any. */
export function hasTags(tags: Tags, asked: Parameters): boolean {
  return asked.groups("Tag").every((one) => {
    const has = tags.get(one.need("Key"));
    const wanted = one.text("Value");
    return has !== undefined && (wanted === undefined || wanted === has);
  });
}

export const tagFields = (tags: Tags) => ({
  Tag: [...tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
});
