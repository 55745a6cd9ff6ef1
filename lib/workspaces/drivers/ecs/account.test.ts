import { expect, it } from "vitest";
// biome-ignore lint/style/noRestrictedImports: what tests share is no part of the noun.
import { emulatedSpec } from "@/lib/clouds/testing";
import { userDataFor } from "./account";

const spec = (wishes: Parameters<typeof emulatedSpec>[1]) => emulatedSpec("HOST", wishes);

it("leaves the accounts that the cloud gives a password to as they are", () => {
  for (const user of ["root", "ecs-user"]) expect(userDataFor(spec({ user }), "Ly7x")).toBeUndefined();
  expect(userDataFor(spec({ os: "windows", user: "Administrator" }), "Ly7x")).toBeUndefined();
});

it("makes any other account with its password, then runs the template's script in its own interpreter", () => {
  const script =
    userDataFor(spec({ user: "student", userData: "#!/usr/bin/python3\nprint(1)" }), "Ly7x") ?? "";
  expect(script).toMatch(/^#!\/bin\/sh\n/);
  expect(script).toContain("useradd -m -s /bin/bash 'student'");
  expect(script).toContain("echo 'student:Ly7x' | chpasswd");
  expect(script).toContain(Buffer.from("#!/usr/bin/python3\nprint(1)").toString("base64"));
  const windows =
    userDataFor(spec({ os: "windows", user: "学生", userData: "[powershell]\nWrite-Host 1" }), "Ly7x") ?? "";
  expect(windows.startsWith("[powershell]\nnet user '学生' 'Ly7x' /add /y\n")).toBe(true);
  expect(windows).toContain("\nnet localgroup $group.Split('\\')[1] '学生' /add\nWrite-Host 1\n");
  expect(windows.match(/\[powershell\]/g)).toHaveLength(1);
});
