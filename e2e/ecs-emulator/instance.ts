import type { Machine } from "./backing";
import type { Image } from "./images";
import type { Tags } from "./tags";

export type Status = "Pending" | "Starting" | "Running" | "Stopping" | "Stopped";

/** What RunInstances asks for, read and checked. */
export interface Order {
  regionId: string;
  zoneId: string;
  type: string;
  image: Image;
  vSwitchId: string;
  vpcId: string;
  securityGroupIds: string[];
  name: string;
  hostName: string;
  description: string;
  password: string | undefined;
  loginName: string;
  spotStrategy: "NoSpot" | "SpotAsPriceGo" | "SpotWithPriceLimit";
  /** Yuan an hour. */
  spotPriceLimit: number | undefined;
  spotInterruption: "Terminate" | "Stop";
  bandwidthMbps: number;
  internetChargeType: string;
  disk: { category: string; sizeGib: number; performanceLevel: string | undefined; name: string };
  dataDisks: {
    category: string;
    sizeGib: number;
    isDeletedWithInstance: boolean;
    snapshotId: string | undefined;
  }[];
  autoReleaseAt: number | undefined;
  isProtected: boolean;
  httpTokens: string;
  httpEndpoint: string;
  userData: string;
  tags: Tags;
}

export interface Instance extends Order {
  id: string;
  /** What its system disk was made from: its image, or a snapshot. */
  source: string;
  address: string;
  publicAddress: string | undefined;
  status: Status;
  /** Since when it has it; what was planned for an earlier one is void. */
  epoch: number;
  stoppedMode: "KeepCharging" | "StopCharging" | "Not-applicable";
  isStopCharging: boolean;
  createdAt: number;
  listedAt: number;
  startedAt: number;
  /** When the spot market takes it back. */
  reclaimedAt: number | undefined;
  isGoing: boolean;
  /** Set by a call, in force after the next start. */
  nextPassword: string | undefined;
}

export const machineOf = (one: Instance): Machine => ({
  id: one.id,
  name: one.name,
  address: one.address,
  os: one.image.os,
  source: one.source,
  userData: Buffer.from(one.userData, "base64").toString(),
  password: one.password,
});
