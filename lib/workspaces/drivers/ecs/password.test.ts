import { expect, it } from "vitest";
import { passwordOf } from "./password";

it("is always one that the cloud takes, the same for a secret and another for another", () => {
  const seen = new Set<string>();
  for (let n = 0; n < 2_000; n++) {
    const password = passwordOf(`secret ${n}`);
    expect(password).toMatch(/^[A-Za-z0-9]{8,30}$/);
    const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(password));
    expect(kinds).toHaveLength(3);
    expect(password).toBe(passwordOf(`secret ${n}`));
    seen.add(password);
  }
  expect(seen.size).toBe(2_000);
});

it("does not tell the secret", () => {
  expect(passwordOf("abc")).not.toContain("abc");
});
