/** What the cloud sells and has from the beginning. Ids are plain, so that a story can name them. */
export interface InstanceType {
  id: string;
  family: string;
  cores: number;
  memoryGib: number;
  gpus: number;
  /** Micro-yuan. */
  hour: number;
}

export interface Zone {
  id: string;
  regionId: string;
  name: string;
  vSwitchId: string;
  /** `172.16.1.0/24` without its last number. */
  net: string;
}

export interface Region {
  id: string;
  name: string;
  vpcId: string;
  securityGroupId: string;
}

const type = (
  id: string,
  family: string,
  cores: number,
  memoryGib: number,
  hour: number,
  gpus = 0,
): InstanceType => ({ id, family, cores, memoryGib, gpus, hour });

export const instanceTypes: readonly InstanceType[] = [
  type("ecs.e-c1m2.large", "ecs.e", 2, 4, 184_000),
  type("ecs.e-c1m2.xlarge", "ecs.e", 4, 8, 368_000),
  type("ecs.u1-c1m2.large", "ecs.u1", 2, 4, 270_000),
  type("ecs.c7.large", "ecs.c7", 2, 4, 392_000),
  type("ecs.g7.large", "ecs.g7", 2, 8, 502_000),
  type("ecs.g7.xlarge", "ecs.g7", 4, 16, 1_004_000),
  type("ecs.gn6i-c4g1.xlarge", "ecs.gn6i", 4, 15, 8_680_000, 1),
];

export const diskCategories = [
  "cloud_efficiency",
  "cloud_ssd",
  "cloud_essd",
  "cloud_auto",
  "cloud_essd_entry",
];

const region = (id: string, name: string): Region => ({
  id,
  name,
  vpcId: `vpc-${id}`,
  securityGroupId: `sg-${id}`,
});

export const regions: readonly Region[] = [
  region("cn-hangzhou", "华东1（杭州）"),
  region("cn-beijing", "华北2（北京）"),
  region("cn-shenzhen", "华南1（深圳）"),
];

export const zones: readonly Zone[] = regions.flatMap((one, row) =>
  ["h", "i", "j", "k"].map((letter, column) => ({
    id: `${one.id}-${letter}`,
    regionId: one.id,
    name: `${one.name.replace(/^.*（(.+)）$/, "$1")} 可用区${letter.toUpperCase()}`,
    vSwitchId: `vsw-${one.id}-${letter}`,
    net: `172.16.${row * 16 + column + 1}`,
  })),
);

export const regionOf = (id: string): Region | undefined => regions.find((one) => one.id === id);
export const zoneOf = (id: string): Zone | undefined => zones.find((one) => one.id === id);
export const typeOf = (id: string): InstanceType | undefined => instanceTypes.find((one) => one.id === id);
