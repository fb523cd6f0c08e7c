import { expect, test } from "vitest";

import { error, keeps } from "./figure";
import { tronSearch } from "./search";

test("errors are short and keep their size", () => {
  expect([error(0), error(4.7683716e-7), error(0.0012345), error(12.3456), error(null), error(undefined)]).toEqual([
    "0", "4.77e-7", "0.00123", "12.3", "—", "—",
  ]);
});

test("an error on the threshold keeps it", () => {
  expect([keeps(1e-4, 1e-4), keeps(1.1e-4, 1e-4), keeps(Number.NaN, 1)]).toEqual([true, false, false]);
});

test("the address of a model's page keeps its tab, revision and graph", () => {
  expect(tronSearch({ tab: "report", revision: "2" })).toEqual({ tab: "report", revision: 2 });
  expect(tronSearch({ tab: "about", revision: 0 })).toEqual({});
  expect(tronSearch({ tab: "odd", revision: 1.5 })).toEqual({});
  expect(tronSearch({ tab: "graph", graph: "1" })).toEqual({ tab: "graph", graph: 1 });
  expect(tronSearch({ tab: "graph", graph: "0" })).toEqual({ tab: "graph" });
});
