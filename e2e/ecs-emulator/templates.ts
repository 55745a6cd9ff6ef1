import type { Clock } from "./clock";
import type { Ids } from "./ids";
import type { Parameters } from "./parameters";
import { Refusal, unknownThing } from "./refusal";

interface Version {
  number: number;
  description: string;
  createdAt: number;
  asked: Parameters;
}

export interface LaunchTemplate {
  id: string;
  name: string;
  regionId: string;
  createdAt: number;
  defaultVersion: number;
  versions: Version[];
}

/** Launch templates: the parameters of RunInstances, kept in the cloud. */
export class LaunchTemplates {
  readonly #all = new Map<string, LaunchTemplate>();

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  all(): LaunchTemplate[] {
    return [...this.#all.values()];
  }

  find(id: string | undefined, name: string | undefined): LaunchTemplate {
    const found = this.all().find((one) => (id === undefined ? one.name === name : one.id === id));
    if (!found) throw unknownThing("LaunchTemplate", id ?? name ?? "");
    return found;
  }

  version(template: LaunchTemplate, number = template.defaultVersion): Version {
    const found = template.versions.find((one) => one.number === number);
    if (!found) throw unknownThing("LaunchTemplateVersion", String(number));
    return found;
  }

  add(regionId: string, name: string, description: string, asked: Parameters): LaunchTemplate {
    if (this.all().some((one) => one.name === name && one.regionId === regionId)) {
      throw new Refusal(400, "InvalidLaunchTemplateName.Duplicated", "The specified name is taken.");
    }
    const createdAt = this.clock.now();
    const made: LaunchTemplate = {
      id: this.ids.next("lt-"),
      name,
      regionId,
      createdAt,
      defaultVersion: 1,
      versions: [{ number: 1, description, createdAt, asked }],
    };
    this.#all.set(made.id, made);
    return made;
  }

  remove(template: LaunchTemplate): void {
    this.#all.delete(template.id);
  }
}
