import { createTranslator } from "next-intl";
import { expect, test } from "vitest";
import { toAppError } from "@/lib/platform/errors";
import { locales } from "@/lib/platform/i18n/locale";
import { messages } from "@/lib/platform/i18n/messages";
import { CloudError, forPeople } from "./cloud-error";
import { type ErrorKind, errorTable, rowOf } from "./error-table";

const now = new Date("2026-11-02T08:00:00Z");

/** Every class and code that is known of the cloud, with what each has to lead to. */
const known: [ErrorKind, number | null, string[]][] = [
  ["again", 500, ["InternalError"]],
  ["again", 503, ["ServiceUnavailable"]],
  ["again", null, ["NoAnswer"]],
  ["again", 409, ["OperationConflict", "IdempotentProcessing"]],
  ["again", 502, ["SomethingNew"]],
  ["throttled", 400, ["Throttling", "Throttling.User", "Throttling.Api"]],
  ["throttled", 403, ["Throttling"]],
  ["throttled", 429, ["Throttling.Resource", "SomethingNew"]],
  [
    "elsewhere",
    403,
    [
      "OperationDenied.NoStock",
      "Zone.NotOnSale",
      "InvalidInstanceType.ZoneNotSupported",
      "OperationDenied",
      "QuotaExceed.ElasticQuota",
      "InvalidOperation.PublicIpAddressNoStock",
      "QuotaExceeded.PrivateIpAddress",
    ],
  ],
  ["elsewhere", 400, ["QuotaExceeded.PrivateIpAddress", "InvalidSpotPriceLimit.LowerThanPublicPrice"]],
  [
    "freeze",
    403,
    [
      "InvalidAccountStatus.NotEnoughBalance",
      "InsufficientBalance",
      "InvalidAccountStatus",
      "RealNameAuthenticationError",
      "Forbidden.RAM",
      "InvalidPayMethod",
    ],
  ],
  ["freeze", 400, ["QuotaExceed.AfterpayInstance", "SignatureDoesNotMatch"]],
  ["freeze", 404, ["InvalidAccessKeyId.NotFound"]],
  [
    "ours",
    400,
    [
      "InvalidPassword.Malformed",
      "InvalidAutoReleaseTime.Malformed",
      "IdempotentParameterMismatch",
      "InvalidParameter",
      "InvalidParameter.Conflict",
      "MissingParameter",
      "MissingInstanceType",
      "InvalidVSwitchId.NotFound",
      "SomethingNew",
    ],
  ],
  ["ours", 404, ["InvalidImageId.NotFound", "InvalidSecurityGroupId.NotFound", "InvalidVSwitchId.NotFound"]],
  ["ours", 403, ["InvalidVSwitchId.NotFound"]],
  ["wait", 403, ["IncorrectInstanceStatus", "IncorrectInstanceStatus.Initializing", "InstanceNotReady"]],
  ["wait", 500, ["InstanceNotReady"]],
  ["gone", 404, ["InvalidInstanceId.NotFound"]],
  [
    "blocked",
    403,
    [
      "InvalidOperation.DeletionProtection",
      "InstanceLockedForSecurity",
      "ChargeTypeViolation",
      "InvalidOperation.EniLinked",
    ],
  ],
  ["blocked", 400, ["DependencyViolation.RouteEntry", "DependencyViolation.WindowsInstance"]],
  ["checked", 400, ["DryRunOperation"]],
];
const rows = known.flatMap(([kind, status, codes]) =>
  codes.map((code) => [kind, status ?? 0, code, status] as const),
);

test.each(rows)("%s: %d %s", (kind, _shown, code, status) => {
  expect(rowOf(code, status).kind).toBe(kind);
});

test.each(["again", "throttled", "wait"] as const)("what is %s may be asked again", (kind) => {
  for (const { codes } of errorTable.filter((row) => row.kind === kind)) {
    const error = toAppError(forPeople(new CloudError("RunInstances", codes[0] ?? "", 400, "said"), now));
    expect(error.code).toBe("unavailable");
  }
});

test.each(["elsewhere", "freeze", "ours", "gone", "blocked"] as const)("what is %s is final", (kind) => {
  for (const { codes } of errorTable.filter((row) => row.kind === kind)) {
    const error = toAppError(forPeople(new CloudError("RunInstances", codes[0] ?? "", 400, "said"), now));
    expect(error.code).toBe("conflict");
  }
});

/** A sentence names somebody who can do something, or says that it goes on by itself. */
const who = {
  "zh-CN": /管理员|教师|作者|自动|系统会|重新启动|已经不存在|可以创建|稍后|请换/,
  en: /administrator|teacher|author|by itself|in a moment|again|does not exist any more|can be created|taken off|Choose another/,
};

test.each(locales)("every row has its sentence in %s, which says who can do what", (locale) => {
  const t = createTranslator({ locale, messages: messages[locale], namespace: "errors.cloud" as never });
  const keys = [...new Set([...errorTable.map(({ key }) => key), "unknown", "nowhere"])];
  for (const key of keys) {
    const text = (t as unknown as (key: string, params: object) => string)(key, {
      code: "Some.Code",
      action: "RunInstances",
      account: "A",
      seconds: 7,
      reasons: "here: there",
    });
    expect(text, key).not.toContain("errors.cloud");
    expect(text, key).toMatch(who[locale]);
  }
});
