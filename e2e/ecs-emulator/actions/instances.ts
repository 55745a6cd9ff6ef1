import type { Instance } from "../instance";
import { invalid, Refusal } from "../refusal";
import type { Action, Call } from "./call";
import { readAutoRelease, readPassword } from "./order";

type Change = { id: string; before: string };

const one = ({ asked }: Call): string[] => [asked.need("InstanceId")];

function many({ asked }: Call): string[] {
  const ids = asked.texts("InstanceId");
  if (ids.length === 0) asked.need("InstanceId.1");
  if (ids.length > 100) throw invalid("InstanceId", "has more than 100 items");
  return [...new Set(ids)];
}

/** First every instance is checked, then all are changed: nothing is half done. */
function change(call: Call, all: Instance[], act: (one: Instance) => void): Change[] {
  call.checked();
  const changes = all.map(({ id, status }) => ({ id, before: status }));
  for (const instance of all) act(instance);
  return changes;
}

const responses = (call: Call, changes: Change[]) => ({
  InstanceResponses: {
    InstanceResponse: changes.map(({ id, before }) => ({
      InstanceId: id,
      Code: "200",
      Message: "success",
      PreviousStatus: before,
      CurrentStatus: call.cloud.instances.get(id).status,
    })),
  },
});

function start(call: Call, ids: string[]): Change[] {
  const { instances, account } = call.cloud;
  const all = ids.map((id) => instances.in(id, "Stopped"));
  account.canBuy();
  return change(call, all, (instance) => instances.start(instance));
}

function stop(call: Call, ids: string[]): Change[] {
  const { instances } = call.cloud;
  const mode = call.asked.word("StoppedMode", "KeepCharging", "StopCharging");
  const all = ids.map((id) => instances.in(id, "Running"));
  return change(call, all, (instance) => instances.stop(instance, mode));
}

function reboot(call: Call, ids: string[]): Change[] {
  const { instances } = call.cloud;
  const all = ids.map((id) => instances.in(id, "Running"));
  return change(call, all, (instance) => instances.reboot(instance));
}

function remove(call: Call, ids: string[]): void {
  const { instances } = call.cloud;
  const all = ids.map((id) => instances.get(id));
  for (const instance of all) instances.canDelete(instance, call.asked.flag("Force"));
  change(call, all, (instance) => instances.delete(instance));
}

/** For those whose answer says nothing. */
const silent =
  (act: (call: Call) => unknown): Action =>
  (call) => {
    act(call);
    return {};
  };

const modifyAttribute: Action = (call) => {
  const { asked, cloud } = call;
  const instance = cloud.instances.get(asked.need("InstanceId"));
  const password = readPassword(asked.text("Password"), instance.image);
  if (password !== undefined) cloud.instances.in(instance.id, "Running", "Stopped");
  const groups = asked.texts("SecurityGroupIds");
  const name = asked.text("InstanceName");
  if (password !== undefined) instance.nextPassword = password;
  if (name !== undefined) instance.name = name;
  if (groups.length) instance.securityGroupIds = groups;
  instance.hostName = asked.text("HostName") ?? instance.hostName;
  instance.userData = asked.text("UserData") ?? instance.userData;
  instance.description = asked.text("Description") ?? instance.description;
  instance.isProtected = asked.flag("DeletionProtection", instance.isProtected);
  return {};
};

/** Without a time the guard is cancelled, as the cloud does it. */
const modifyAutoRelease: Action = ({ asked, cloud }) => {
  const instance = cloud.instances.get(asked.need("InstanceId"));
  cloud.instances.releaseAt(instance, readAutoRelease(asked.text("AutoReleaseTime"), cloud.clock.now()));
  return {};
};

const replaceSystemDisk: Action = (call) => {
  const { asked, cloud } = call;
  const instance = cloud.instances.in(asked.need("InstanceId"), "Stopped");
  const image = cloud.images.usable(asked.need("ImageId"), instance.regionId);
  const password = readPassword(asked.text("Password"), image);
  const old = cloud.disks.systemDiskOf(instance.id);
  const sizeGib = asked.group("SystemDisk").number("Size") ?? Math.max(old.sizeGib, image.sizeGib);
  if (sizeGib < image.sizeGib) {
    throw new Refusal(400, "InvalidSystemDiskSize.LessThanImageSize", "The disk is smaller than the image.");
  }
  if (password !== undefined) instance.password = password;
  return { DiskId: cloud.instances.renew(instance, image, sizeGib) };
};

const allocatePublicAddress: Action = ({ asked, cloud }) => {
  const instance = cloud.instances.in(asked.need("InstanceId"), "Running", "Stopped");
  if (instance.bandwidthMbps === 0) {
    throw new Refusal(
      400,
      "AllocateIpInvalidInstanceBandwidth",
      "The instance has no bandwidth to the internet.",
    );
  }
  instance.publicAddress ??= cloud.network.takePublic();
  return { IpAddress: instance.publicAddress };
};

export const instanceActions: Record<string, Action> = {
  StartInstance: silent((call) => start(call, one(call))),
  StartInstances: (call) => responses(call, start(call, many(call))),
  StopInstance: silent((call) => stop(call, one(call))),
  StopInstances: (call) => responses(call, stop(call, many(call))),
  RebootInstance: silent((call) => reboot(call, one(call))),
  RebootInstances: (call) => responses(call, reboot(call, many(call))),
  DeleteInstance: silent((call) => remove(call, one(call))),
  DeleteInstances: silent((call) => remove(call, many(call))),
  ModifyInstanceAttribute: modifyAttribute,
  ModifyInstanceAutoReleaseTime: modifyAutoRelease,
  ReplaceSystemDisk: replaceSystemDisk,
  AllocatePublicIpAddress: allocatePublicAddress,
};
