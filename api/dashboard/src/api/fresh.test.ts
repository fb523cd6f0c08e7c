import { expect, it } from "vitest";

import { freshnessOf, type Health } from "./fresh";

const WELL: Health = {
  ready: true, kafka: true, postgres: true, lag: {}, lag_seconds: 0, stale: false, schema: "rm_v1",
  projector_state: "running", projector_reason: null, projector_message: "",
};

it("data are fresh, late by so many seconds, or not to be had", () => {
  expect(freshnessOf(undefined, false)).toEqual({ kind: "fresh" });
  expect(freshnessOf(WELL, false)).toEqual({ kind: "fresh" });
  expect(freshnessOf({ ...WELL, stale: true, lag_seconds: 0.2 }, false)).toEqual({ kind: "late", seconds: 1, why: "" });
  expect(freshnessOf({ ...WELL, stale: true, lag_seconds: 7.6 }, false)).toMatchObject({ seconds: 8 });
  expect(freshnessOf({ ...WELL, ready: false, kafka: false }, false)).toEqual({ kind: "unready", parts: ["Kafka"] });
  expect(freshnessOf(WELL, true)).toEqual({ kind: "away" });
});
