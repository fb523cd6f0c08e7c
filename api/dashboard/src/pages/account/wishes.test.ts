import { expect, test } from "vitest";

import { accountWish, passwordWish, tokenWish } from "./wishes";

test("what was left empty is not asked for, and a password is not trimmed", () => {
  expect(accountWish({ login: " li.wei ", name: " ", password: " spaces count ", setup: "" })).toEqual({
    login: "li.wei",
    password: " spaces count ",
    name: null,
    setup_token: null,
  });
  expect(passwordWish("", "next")).toEqual({ old: null, new: "next" });
});

test("a token's scopes stand in their order, and its longest life is within a year", () => {
  const wish = tokenWish(" ci ", ["write", "read"], 365, 0);
  expect(wish).toEqual({ name: "ci", scopes: ["read", "write"], expires_at: "1970-12-31T23:50:00.000Z" });
});
