import { expect, test } from "vitest";

import type { Schemas } from "../../api/client";
import { classesOf, measured, mostRegressed, tasksWith } from "./classes";
import type { Compared } from "./figures";
import { heatOf, sliceRows } from "./heat";

const row = (name: string, precision: number | null, recall: number | null): Schemas["ClassRow"] => ({
  name, precision, recall, support: recall === null ? 0 : 1, ap: null,
});

function compared(classes: Compared["classes"]): Compared {
  return { classes } as Compared;
}

const base = compared({ t: [row("a", 1, 1), row("b", 0.5, 0.5), row("c", null, null)], u: [row("x", 1, 1)] });
const other = compared({ t: [row("a", 0.9, 1), row("b", 0.1, 0.6), row("c", null, null)] });

test("classes of all tasks that have figures, and the tasks that have one", () => {
  expect(classesOf([base, other])).toEqual(["a", "b", "x"]);
  expect(tasksWith([base, other], "x")).toEqual(["u"]);
});

test("the class that lost most is first; one without a figure is left out", () => {
  expect(mostRegressed([base, other], base, "t", "precision")).toEqual(["b", "a"]);
  expect(mostRegressed([base, other], base, "t", "recall")).toEqual(["a", "b"]);
  expect(mostRegressed([base], base, "t", "f1")).toEqual(["a", "b"]);
  expect([measured(row("a", 0.5, 1), "f1"), measured(undefined, "f1")]).toEqual([2 / 3, null]);
});

test("a slice is a row with the keys of its figures", () => {
  const rows = sliceRows(["ap/t@w=day", "recall/t@w=day", "ap/t@w=a@b"]);
  expect(rows.map((each) => [each.dimension, each.value, [...each.keys.keys()]])).toEqual([
    ["w", "day", ["ap/t", "recall/t"]],
    ["w", "a@b", ["ap/t"]],
  ]);
});

test("colour is the verdict's, its depth the difference's; none within the noise", () => {
  const verdict = (code: Schemas["Verdict"]["code"], difference: number): Schemas["Verdict"] => ({
    code, difference, low: 0, high: 0, images: 1, left_out: 0, method: null, reason: null,
  });
  expect(heatOf(verdict("worse", -0.1))).toBe("heat-worse heat-3");
  expect(heatOf(verdict("better", 0.01))).toBe("heat-better heat-1");
  expect([heatOf(verdict("within_noise", 0.5)), heatOf(undefined)]).toEqual(["", ""]);
});
