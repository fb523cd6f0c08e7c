import { expect, test } from "vitest";

import { accountWish, passwordWish } from "./wishes";

test("what was left empty is not asked for, and a password is not trimmed", () => {
  expect(accountWish({ login: " li.wei ", name: " ", password: " spaces count ", setup: "" })).toEqual({
    login: "li.wei",
    password: " spaces count ",
    name: null,
    setup_token: null,
  });
  expect(passwordWish("", "next")).toEqual({ old: null, new: "next" });
});
