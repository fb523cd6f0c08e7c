import { expect, test } from "vitest";

import type { Account } from "./session-context";
import { rights } from "./session-context";

const account = { id: "a-1", role: "engineer" } as Account;

test("an engineer changes own things, an admin everybody's, a viewer none", () => {
  const engineer = rights({ account, permissions: ["read", "write"] });
  expect([engineer.can("write"), engineer.can("admin")]).toEqual([true, false]);
  expect([engineer.mayChange("a-1"), engineer.mayChange("b-2")]).toEqual([true, false]);
  const admin = rights({ account, permissions: ["read", "write", "release", "admin"] });
  expect(admin.mayChange("b-2")).toBe(true);
  const viewer = rights({ account, permissions: ["read"] });
  expect(viewer.mayChange("a-1")).toBe(false);
});
