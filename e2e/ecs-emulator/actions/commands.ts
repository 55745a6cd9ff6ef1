import { second } from "../clock";
import { type Invocation, kept } from "../commands";
import { pageOf } from "../page";
import { invalid, missing, Refusal } from "../refusal";
import type { Action } from "./call";

const mostScript = 24 * 1024;
const types = ["RunShellScript", "RunPowerShellScript", "RunBatScript"] as const;

const runCommand: Action = (call) => {
  const { cloud, asked } = call;
  call.region();
  if (asked.text("Type") === undefined) throw missing("Type");
  const type = asked.word("Type", ...types);
  const content = asked.need("CommandContent");
  const isEncoded = asked.word("ContentEncoding", "PlainText", "Base64") === "Base64";
  const script = isEncoded ? Buffer.from(content, "base64").toString() : content;
  if (Buffer.byteLength(script) > mostScript) throw new Refusal(403, "InvalidCmdContent.Size");
  const ids = asked.texts("InstanceId");
  if (ids.length === 0) throw missing("InstanceId.1");
  if (ids.length > 100) throw invalid("InstanceId", "has more than 100 items");
  const instances = ids.map((id) => cloud.instances.in(id, "Running"));
  for (const one of instances) {
    const isWindows = one.image.os === "windows";
    if (isWindows !== (type !== "RunShellScript")) throw new Refusal(403, "InvalidOperation.OSTypeMismatch");
  }
  const done = cloud.commands.run(instances, script, asked.text("Username") ?? "root");
  return { CommandId: done.commandId, InvokeId: done.invokeId };
};

function fields(one: Invocation, isEncoded: boolean) {
  const isDone = one.finishedAt !== undefined;
  const isRight = one.exitCode === 0 && !one.errorCode;
  const { text, dropped } = kept(one.output);
  return {
    InvokeId: one.invokeId,
    CommandId: one.commandId,
    InstanceId: one.instanceId,
    Username: one.username,
    InvokeRecordStatus: !isDone ? "Running" : isRight ? "Finished" : "Failed",
    InvocationStatus: !isDone ? "Running" : isRight ? "Success" : "Failed",
    ...(isDone ? { ExitCode: one.exitCode } : {}),
    Output: isEncoded ? text : Buffer.from(text, "base64").toString(),
    Dropped: dropped,
    ErrorCode: one.errorCode,
    ErrorInfo: "",
    Repeats: 1,
    StartTime: second(one.startedAt),
    FinishedTime: one.finishedAt === undefined ? "" : second(one.finishedAt),
  };
}

const describeResults: Action = (call) => {
  const { cloud, asked } = call;
  call.region();
  const isEncoded = asked.word("ContentEncoding", "Base64", "PlainText") === "Base64";
  const wanted: [string, (one: Invocation) => string][] = [
    ["InvokeId", (one) => one.invokeId],
    ["InstanceId", (one) => one.instanceId],
    ["CommandId", (one) => one.commandId],
  ];
  const found = cloud.commands.all.filter((one) => asked.fits(wanted, one));
  const page = pageOf(found, asked, { most: 50 });
  return {
    Invocation: {
      ...page.fields,
      NextToken: page.nextToken,
      InvocationResults: { InvocationResult: page.items.map((one) => fields(one, isEncoded)) },
    },
  };
};

const describeAssistant: Action = (call) => {
  const { cloud, asked } = call;
  const { id: regionId } = call.region();
  const found = cloud.instances.listedIn(regionId, asked.texts("InstanceId"));
  const page = pageOf(found, asked, { most: 50 });
  return {
    ...page.fields,
    NextToken: page.nextToken,
    InstanceCloudAssistantStatusSet: {
      InstanceCloudAssistantStatus: page.items.map((one) => ({
        InstanceId: one.id,
        CloudAssistantStatus: String(one.status === "Running"),
        CloudAssistantVersion: one.image.os === "windows" ? "2.1.4.1000" : "2.2.4.1000",
        OSType: one.image.os === "windows" ? "Windows" : "Linux",
        SupportSessionManager: false,
        LastHeartbeatTime: second(cloud.clock.now()),
      })),
    },
  };
};

export const commandActions: Record<string, Action> = {
  RunCommand: runCommand,
  DescribeInvocationResults: describeResults,
  DescribeCloudAssistantStatus: describeAssistant,
};
