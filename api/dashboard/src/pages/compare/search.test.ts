import { expect, test } from "vitest";

import { compareSearch, idsIn, withoutTask, withTask } from "./search";

const A = "aaaaaaaa-0000-4000-8000-000000000001";
const B = "bbbbbbbb-0000-4000-8000-000000000002";
const C = "cccccccc-0000-4000-8000-000000000003";

test("ids stand once and in their order; what is no id is left out", () => {
  expect(idsIn(`${A},${B.toUpperCase()},,x,${A}`)).toEqual([A, B]);
  expect(idsIn(undefined)).toEqual([]);
});

test("an address keeps what it understands: a base that is not compared says nothing", () => {
  const raw = { tasks: `${A},${B}`, base: C, class: 7, change: "won", measure: "x", all: "true", image: "3", foreign: 1 };
  expect(compareSearch(raw)).toEqual({ tasks: `${A},${B}`, class: "7", change: "won", all: true, image: 3 });
  expect(compareSearch({ image: -1, tasks: 5 })).toEqual({});
});

test("a test that goes takes along what was chosen of it, and nothing else", () => {
  const search = compareSearch({ tasks: `${A},${B}`, base: B, against: A, class: "cat", image: 2, cursor: "50" });
  expect(withTask(search, C).tasks).toBe(`${A},${B},${C}`);
  expect(withoutTask(search, B)).toEqual({ tasks: A, against: A, class: "cat" });
  expect(withoutTask(withTask(search, C), C)).toEqual(search);
});
