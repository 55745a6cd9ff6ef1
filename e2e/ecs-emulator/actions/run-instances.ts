import { typeOf } from "../catalog";
import type { Order } from "../instance";
import { yuan } from "../prices";
import { invalid, Refusal } from "../refusal";
import type { Action, Call } from "./call";
import { readOrder } from "./order";

/** RunInstances: all or nothing, or with MinAmount as many as there are. */
export const runInstances: Action = (call) => {
  const { cloud } = call;
  const asked = withTemplate(call);
  const order = readOrder(call, asked);
  const amount = asked.number("Amount") ?? 1;
  const least = asked.number("MinAmount") ?? amount;
  if (!Number.isInteger(amount) || amount < 1 || amount > 100) throw invalid("Amount");
  if (!Number.isInteger(least) || least < 1 || least > amount) throw invalid("MinAmount");
  cloud.account.canBuy();
  withinQuota(call, order, amount);
  if (
    order.spotStrategy === "SpotWithPriceLimit" &&
    cloud.prices.spot(order.type) > (order.spotPriceLimit ?? 0) * 1e6
  ) {
    const why = "The specified price limit cannot be lower than the current public price.";
    throw new Refusal(400, "InvalidSpotPriceLimit.LowerThanPublicPrice", why);
  }
  const taken = cloud.stock.take(order.zoneId, order.type, amount, least);
  try {
    call.checked();
    const hasAddresses =
      cloud.machines.ownAddresses || cloud.network.free(cloud.network.zoneOf(order.vSwitchId)) >= taken;
    if (!hasAddresses) {
      throw new Refusal(
        403,
        "QuotaExceeded.PrivateIpAddress",
        "The vSwitch has not enough private addresses.",
      );
    }
  } catch (refused) {
    cloud.stock.give(order.zoneId, order.type, taken);
    throw refused;
  }
  const isSuffixed = asked.flag("UniqueSuffix") && amount > 1;
  const made = Array.from({ length: taken }, (_, index) => {
    const names = {
      name: numbered(order.name, index, isSuffixed),
      hostName: numbered(order.hostName, index, isSuffixed),
    };
    return cloud.instances.order(order, names);
  });
  const hourly = made.reduce((sum, one) => sum + cloud.instances.price(one), 0);
  return {
    InstanceIdSets: { InstanceIdSet: made.map((one) => one.id) },
    TradePrice: yuan(hourly),
    OrderId: cloud.ids.next("o-"),
  };
};

/** What is said in the call wins over what the template says. */
function withTemplate({ cloud, asked }: Call) {
  const id = asked.text("LaunchTemplateId");
  const name = asked.text("LaunchTemplateName");
  if (id === undefined && name === undefined) return asked;
  const template = cloud.templates.find(id, name);
  const version = cloud.templates.version(template, asked.number("LaunchTemplateVersion"));
  return asked.over(version.asked);
}

function withinQuota({ cloud }: Call, order: Order, amount: number): void {
  const { instances, vcpus } = cloud.knobs.quota;
  const all = cloud.instances.all();
  if (instances !== null && all.length + amount > instances) {
    throw new Refusal(
      400,
      "QuotaExceed.AfterpayInstance",
      "The number of pay-as-you-go instances exceeds the quota.",
    );
  }
  const cores = (type: string) => typeOf(type)?.cores ?? 0;
  const used = all.reduce((sum, one) => sum + cores(one.type), 0);
  if (vcpus !== null && used + cores(order.type) * amount > vcpus) {
    throw new Refusal(403, "QuotaExceed.ElasticQuota", "The number of vCPUs exceeds the quota.");
  }
}

/** `lab-[1,3]` counts from 1 with three digits; a unique suffix is put behind. */
function numbered(name: string, index: number, isSuffixed: boolean): string {
  const [, head = "", start, digits, tail = ""] = /^(.*)\[(\d*),(\d*)\](.*)$/.exec(name) ?? [];
  if (digits !== undefined) {
    return head + String(Number(start || 0) + index).padStart(Number(digits || 6), "0") + tail;
  }
  return isSuffixed ? name + String(index + 1).padStart(3, "0") : name;
}
