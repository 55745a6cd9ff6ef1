import { invalid, missing } from "./refusal";
import { fieldsOf, isModel, itemOf, type Model, requestOf } from "./sdk";

type Value = string | Value[] | { [name: string]: Value };

/** The parameters of one call, by the names on the wire. */
export class Parameters {
  constructor(
    private readonly values: { [name: string]: Value },
    private readonly prefix = "",
  ) {}

  /** Reads a query; refuses what the SDK's own request does not know, or of another kind. */
  static read(action: string, query: URLSearchParams): Parameters {
    const model = requestOf(action);
    if (!model) throw new Error(`the SDK has no ${action}`);
    const values: { [name: string]: Value } = {};
    for (const [name, text] of query) put(values, model, name.split("."), text, name);
    return new Parameters(values);
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  /** Whether a thing has every value that was asked for by name; what was not asked for does not count. */
  fits<T>(wanted: readonly [string, (one: T) => string | undefined][], one: T): boolean {
    return wanted.every(([name, of]) => this.text(name) === undefined || this.text(name) === of(one));
  }

  need(name: string): string {
    const text = this.text(name);
    if (text === undefined) throw missing(this.prefix + name);
    return text;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }

  flag(name: string, otherwise = false): boolean {
    const text = this.text(name);
    return text === undefined ? otherwise : text === "true";
  }

  /** One of the words, or the first of them where nothing is said. */
  word<T extends string>(name: string, ...words: [T, ...T[]]): T {
    const text = this.text(name);
    if (text === undefined) return words[0];
    const found = words.find((one) => one === text);
    if (found === undefined) throw invalid(this.prefix + name);
    return found;
  }

  texts(name: string): string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  }

  groups(name: string): Parameters[] {
    const value = this.values[name];
    if (!Array.isArray(value)) return [];
    return value.flatMap((one, place) =>
      typeof one === "object" && !Array.isArray(one)
        ? [new Parameters(one, `${this.prefix}${name}.${place + 1}.`)]
        : [],
    );
  }

  group(name: string): Parameters {
    const value = this.values[name];
    const isGroup = typeof value === "object" && !Array.isArray(value);
    return new Parameters(isGroup ? value : {}, `${this.prefix}${name}.`);
  }

  /** A JSON list in one text, as some calls take their ids; undefined where nothing is said. */
  json(name: string, most = 100): string[] | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    let list: unknown;
    try {
      list = JSON.parse(text);
    } catch {
      throw invalid(this.prefix + name, "is no JSON list");
    }
    if (!Array.isArray(list) || list.length > most || list.some((one) => typeof one !== "string")) {
      throw invalid(this.prefix + name, `is no list of at most ${most} ids`);
    }
    return list;
  }

  /** The same values in the same order, whatever order they came in. */
  fingerprint(): string {
    const sorted = (value: Value): unknown => {
      if (typeof value === "string") return value;
      if (Array.isArray(value)) return value.map(sorted);
      return Object.entries(value)
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([name, one]) => [name, sorted(one)]);
    };
    return JSON.stringify(sorted(this.values));
  }

  /** These over those of a launch template; a group is taken as a whole, security groups in either form. */
  over(template: Parameters): Parameters {
    const values = { ...template.values };
    if ("SecurityGroupId" in this.values) delete values.SecurityGroupIds;
    if ("SecurityGroupIds" in this.values) delete values.SecurityGroupId;
    return new Parameters({ ...values, ...this.values }, this.prefix);
  }

  /** For lists that are paged by a token only, with a size of the cloud's. */
  paged(size: number): Parameters {
    return new Parameters({ ...this.values, MaxResults: String(size) }, this.prefix);
  }
}

function put(
  into: { [name: string]: Value },
  model: Model,
  path: string[],
  text: string,
  whole: string,
): void {
  const [name = "", ...rest] = path;
  const fields = fieldsOf(model);
  if (!fields.has(name)) throw invalid(whole, "is not known to this call");
  const kind = fields.get(name);
  const item = itemOf(kind);
  if (item !== undefined) {
    const [place = "", ...inner] = rest;
    if (!/^[1-9]\d{0,3}$/.test(place)) throw invalid(whole, "is a list: its items are numbered from 1");
    const list = Array.isArray(into[name]) ? into[name] : [];
    into[name] = list;
    const index = Number(place) - 1;
    if (!isModel(item)) {
      if (inner.length) throw invalid(whole, "has no parts");
      list[index] = checked(item, text, whole);
      return;
    }
    const group = typeof list[index] === "object" && !Array.isArray(list[index]) ? list[index] : {};
    list[index] = group;
    put(group, item, inner, text, whole);
  } else if (isModel(kind)) {
    const group = typeof into[name] === "object" && !Array.isArray(into[name]) ? into[name] : {};
    into[name] = group;
    put(group, kind, rest, text, whole);
  } else {
    if (rest.length) throw invalid(whole, "has no parts");
    into[name] = checked(kind, text, whole);
  }
}

function checked(kind: unknown, text: string, whole: string): string {
  if (kind === "number" && !/^-?\d+(\.\d+)?$/.test(text)) throw invalid(whole, "is no number");
  if (kind === "boolean" && text !== "true" && text !== "false")
    throw invalid(whole, "is neither true nor false");
  return text;
}
