import { expect, it } from "vitest";

import { PendingError } from "./client";
import { settled } from "./settled";

const pending = { command_id: "c", state: "pending", reason: null };

it("says a wish again under the same key until it is decided", async () => {
  const keys: string[] = [];
  const answers = [pending, pending, { id: "job" }];
  const made = await settled(async (key) => {
    keys.push(key["Idempotency-Key"]);
    return answers[keys.length - 1] ?? pending;
  }, 0);
  expect(made).toEqual({ id: "job" });
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});

it("gives up some time", async () => {
  await expect(settled(async () => pending, 0)).rejects.toBeInstanceOf(PendingError);
});
