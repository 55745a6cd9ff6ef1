/**
 * What a refusal of the cloud means for whoever asked.
 * `again`: nobody knows whether it was done; the same request under the same token, later.
 * `throttled`: too many calls; not before the next minute. `wait`: not in this state; ask again.
 * `elsewhere`: not to be had here; the next offer, under a new token.
 * `freeze`: the account cannot or may not; nothing is started until an administrator has seen to it.
 * `ours`: the request is wrong: the template or we are; repeating it brings nothing.
 * `gone`: there is no such thing (any more). `blocked`: something has to be cleared first.
 * `checked`: not a refusal at all, but the answer to a dry run.
 */
export type ErrorKind =
  | "again"
  | "throttled"
  | "wait"
  | "elsewhere"
  | "freeze"
  | "ours"
  | "gone"
  | "blocked"
  | "checked";

export type ErrorRow = { kind: ErrorKind; codes: readonly string[] /** errors.cloud.<key> */; key: string };

/** One row a sentence that people are told. A code that ends in `*` stands for all that begin so. */
export const errorTable: readonly ErrorRow[] = [
  { kind: "checked", codes: ["DryRunOperation"], key: "checked" },

  { kind: "again", codes: ["NoAnswer"], key: "noAnswer" },
  {
    kind: "again",
    codes: [
      "InternalError",
      "ServiceUnavailable",
      "OperationConflict",
      "IdempotentProcessing",
      "LastTokenProcessing",
    ],
    key: "trouble",
  },
  { kind: "again", codes: ["InvalidTimeStamp.*", "SignatureNonceUsed"], key: "clockWrong" },
  { kind: "throttled", codes: ["Throttling", "Throttling.*", "ServiceUnavailable.Throttling"], key: "busy" },
  {
    kind: "wait",
    codes: [
      "IncorrectInstanceStatus",
      "IncorrectInstanceStatus.*",
      "InstanceNotReady",
      "IncorrectDiskStatus",
      "IncorrectDiskStatus.*",
      "ImageNotReady",
      "IncorrectSnapshotStatus",
      "SnapshotCreatedProcessing",
      "CreateSnapshot.Failed",
    ],
    key: "notReady",
  },

  { kind: "elsewhere", codes: ["OperationDenied.NoStock", "InvalidOperation.NoStock"], key: "noStock" },
  {
    kind: "elsewhere",
    codes: [
      "Zone.NotOnSale",
      "OperationDenied",
      "InvalidInstanceType.ZoneNotSupported",
      "InvalidResourceType.NotSupported",
    ],
    key: "notSold",
  },
  { kind: "elsewhere", codes: ["QuotaExceed.ElasticQuota"], key: "quotaType" },
  { kind: "elsewhere", codes: ["QuotaExceeded.PrivateIpAddress"], key: "noPrivateAddress" },
  { kind: "elsewhere", codes: ["InvalidOperation.PublicIpAddressNoStock"], key: "noPublicAddress" },
  { kind: "elsewhere", codes: ["InvalidSpotPriceLimit.LowerThanPublicPrice"], key: "spotTooDear" },

  {
    kind: "freeze",
    codes: ["InvalidAccountStatus.NotEnoughBalance", "InsufficientBalance"],
    key: "notEnoughBalance",
  },
  { kind: "freeze", codes: ["InvalidAccountStatus", "Account.Arrearage"], key: "accountStatus" },
  { kind: "freeze", codes: ["RealNameAuthenticationError"], key: "realName" },
  {
    kind: "freeze",
    codes: ["Forbidden.RAM", "Forbidden", "Forbidden.SubUser", "NoPermission"],
    key: "forbidden",
  },
  { kind: "freeze", codes: ["InvalidPayMethod"], key: "payMethod" },
  { kind: "freeze", codes: ["QuotaExceed.AfterpayInstance"], key: "quotaInstances" },
  {
    kind: "freeze",
    codes: ["InvalidAccessKeyId.*", "SignatureDoesNotMatch", "InvalidAccessKeySecret", "IncompleteSignature"],
    key: "keys",
  },

  { kind: "gone", codes: ["InvalidInstanceId.NotFound"], key: "instanceGone" },
  { kind: "gone", codes: ["InvalidDiskId.NotFound"], key: "diskGone" },
  { kind: "gone", codes: ["InvalidSnapshotId.NotFound"], key: "snapshotGone" },
  { kind: "gone", codes: ["InvalidAllocationId.NotFound"], key: "addressGone" },

  { kind: "blocked", codes: ["InvalidOperation.DeletionProtection"], key: "protected" },
  { kind: "blocked", codes: ["InstanceLockedForSecurity"], key: "locked" },
  { kind: "blocked", codes: ["ChargeTypeViolation", "ChargeTypeViolation.*"], key: "chargeType" },
  { kind: "blocked", codes: ["InvalidOperation.EniLinked"], key: "eniLinked" },
  {
    kind: "blocked",
    codes: ["DependencyViolation", "DependencyViolation.*", "SnapshotCreatedImage", "ImageUsedByInstance"],
    key: "dependency",
  },

  { kind: "ours", codes: ["InvalidImageId.*", "InvalidImageId"], key: "imageGone" },
  { kind: "ours", codes: ["InvalidSecurityGroupId.*"], key: "securityGroupGone" },
  { kind: "ours", codes: ["InvalidVSwitchId.*"], key: "vSwitchGone" },
  { kind: "ours", codes: ["InvalidLaunchTemplate*"], key: "launchTemplateGone" },
  { kind: "ours", codes: ["InvalidInstanceType.*"], key: "instanceTypeUnknown" },
  { kind: "ours", codes: ["InvalidSystemDisk*"], key: "systemDisk" },
  { kind: "ours", codes: ["InvalidUserData.*"], key: "userData" },
  { kind: "ours", codes: ["InvalidImageName.*"], key: "imageNameTaken" },
  { kind: "ours", codes: ["InvalidPassword.*"], key: "password" },
  { kind: "ours", codes: ["InvalidAutoReleaseTime.*"], key: "guard" },
  { kind: "ours", codes: ["IdempotentParameterMismatch"], key: "token" },
  { kind: "ours", codes: ["InvalidParameter*", "Missing*", "InvalidApi.NotFound"], key: "request" },
];

const isMeant = (pattern: string, code: string): boolean =>
  pattern.endsWith("*") ? code.startsWith(pattern.slice(0, -1)) : pattern === code;

/** The row of a code; what is not in the table is the cloud's trouble from 500 on, and below a request of ours. */
export function rowOf(code: string, status: number | null): Pick<ErrorRow, "kind" | "key"> {
  const exact = errorTable.find(({ codes }) => codes.includes(code));
  const found = exact ?? errorTable.find(({ codes }) => codes.some((one) => isMeant(one, code)));
  if (found) return found;
  if (status === 429) return { kind: "throttled", key: "busy" };
  if (status === null || status >= 500) return { kind: "again", key: "trouble" };
  return { kind: "ours", key: "unknown" };
}
