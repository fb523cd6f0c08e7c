import { beforeEach, describe, expect, it } from "vitest";

import { barsOf, bySize, byStart } from "./counts";
import { draftOf, dropDraft, keepDraft } from "./draft";
import { jsonText } from "./json-text";
import { chosenOf, fittingKeys, pairsOf, same, subTemplatesOf, usedBy } from "./mapping";
import { changed, datasetSearch, newSearch } from "./search";
import { stepOf } from "./steps";

const ID = "6dbcfeff-f0b9-550f-8c79-b3b4085495d2";

describe("the address of a dataset", () => {
  it("keeps what is understood and nothing else", () => {
    expect(
      datasetSearch({ tab: "figures", class: 7, from: "24", record: 3, raw: true, chosen: [ID, ID, "x"], odd: 1 }),
    ).toEqual({ tab: "figures", class: "7", from: "24", record: 3, raw: true, chosen: [ID] });
    expect(datasetSearch({ tab: "odd", from: "-1", record: -1, raw: "yes", chosen: "x" })).toEqual({});
  });
  it("loses what is taken away", () => {
    const search = datasetSearch({ class: "cat", from: "24", raw: true, chosen: [ID] });
    expect(changed(search, { class: null, raw: false, chosen: [], record: 0 })).toEqual({ from: "24", record: 0 });
  });
  it("of a new one names a scan and a dataset by their ids", () => {
    expect(newSearch({ scan: ID, dataset: "../x" })).toEqual({ scan: ID });
  });
});

describe("a mapping", () => {
  const key = (name: string, tool: string) => ({ name, tool, values: {}, more: 0 });
  const report = {
    format: "labelx",
    records: 1,
    unread: {},
    keys: [key("color", "radio"), key("plate", "text"), key("boxes", "box")],
    wanted: { kind: "classification" as const, tasks: [], own: false },
    pairs: [],
    problems: [],
    mismatches: [],
    survey: null,
  };
  it("offers the keys of the tool that the dataset takes", () => {
    expect(fittingKeys(report).map((each) => each.name)).toEqual(["color"]);
    expect(fittingKeys({ ...report, wanted: null })).toEqual([]);
  });
  it("uses no key twice, and keeps the order of the tasks", () => {
    const chosen = chosenOf([{ task: "b", key: "k" }]);
    expect(usedBy(chosen, "k", "a")).toBe("b");
    expect(usedBy(chosen, "k", "b")).toBeNull();
    expect(pairsOf([{ name: "a" }, { name: "b" }, { name: "c" }], { c: "x", b: "k" })).toEqual([
      { task: "b", key: "k" },
      { task: "c", key: "x" },
    ]);
    expect([same(chosen, { b: "k" }), same(chosen, { b: "x" }), same(chosen, {})]).toEqual([true, false, false]);
  });
  it("reads a template's sub-templates, whatever the document is", () => {
    expect(subTemplatesOf({ sub_templates: [{ name: "net" }, { name: 3 }, null] })).toEqual(["net"]);
    expect([subTemplatesOf(null), subTemplatesOf({ sub_templates: "x" })]).toEqual([[], []]);
  });
});

describe("a draft", () => {
  beforeEach(() => sessionStorage.clear());
  it("is kept for its scan, and a damaged one is an empty one", () => {
    keepDraft(ID, { name: "n", note: "m" });
    expect(draftOf(ID)).toEqual({ name: "n", note: "m" });
    sessionStorage.setItem(`mo.dataset.draft.${ID}`, "{");
    expect(draftOf(ID)).toEqual({ name: "", note: "" });
    dropDraft(ID);
    expect(sessionStorage).toHaveLength(0);
  });
});

describe("images one by one", () => {
  it("lead to the next, then to the page beside it, then nowhere", () => {
    const more = { before: false, after: true };
    expect(stepOf([4, 9], 4, 1, more)).toEqual({ record: 9 });
    expect(stepOf([4, 9], 9, 1, more)).toEqual({ turn: 1 });
    expect(stepOf([4, 9], 4, -1, more)).toBeNull();
    expect(stepOf([4, 9], 5, 1, more)).toBeNull();
  });
  it("have their whole JSON, in pieces", () => {
    const record = {
      number: 1,
      name: "a.jpg",
      width: 2,
      height: 3,
      sha256: "x",
      labels: { kind: "cat" },
      boxes: [{ label: "b", x: 1, y: 2, width: 3, height: 4, area: null, crowd: false, difficult: false, attributes: {} }],
      attributes: { time: "night" },
    };
    const { head, boxes, tail } = jsonText(record);
    expect(JSON.parse(`${head}"boxes": [${boxes.join(",")}],${tail}`)).toEqual(record);
  });
});

describe("counts", () => {
  it("become bars, the largest first or as they come", () => {
    const bars = barsOf({ a: 1, b: 3 }, false);
    expect(bars).toEqual([
      { name: "b", count: 3, share: 0.75, length: 1 },
      { name: "a", count: 1, share: 0.25, length: 1 / 3 },
    ]);
    expect(barsOf({ a: 1, b: 3 }, true).map((bar) => bar.name)).toEqual(["a", "b"]);
    expect(barsOf({}, false)).toEqual([]);
  });
  it("stand in the order of what they count", () => {
    expect(Object.keys(byStart({ "101-": 1, "3-5": 1, "2": 1, "0": 2 }))).toEqual(["0", "2", "3-5", "101-"]);
    expect(Object.keys(bySize({ large: 1, medium: 1, small: 1 }))).toEqual(["small", "medium", "large"]);
  });
});
