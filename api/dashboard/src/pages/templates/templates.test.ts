import { describe, expect, it } from "vitest";

import { brokenAt } from "./broken";
import { type Document, EMPTY, EMPTY_SUB, type Json, numbers, toDocument } from "./document";
import { ofDocument, ofForm, typed, whole } from "./modes";
import { channelsOf, fromUnit, looksLikeDivisor, presetText, vectorProblem } from "./normalise";
import { toForm } from "./read";

const STORED: Document = {
  name: "plates",
  repo: "plate",
  version: "1.0.0",
  method: "detection",
  error_threshold: 1e-5,
  sub_templates: [
    {
      name: "find",
      input_name: "raw_data",
      input_shape: [1, 3, 320, 320],
      mean_values: [123.675, 116.28, 103.53],
      scale_values: [0.0171247538, 0.0175070028, 0.0174291939],
      max_batch: 16,
      architecture: "0f274641-018b-540a-ada0-d45715b932ba",
      num_classes: 2,
      tasks: [{ name: "class", classes: ["车牌, 单层", "双层"] }],
      model_type: "pytorch",
      state_dict_key: "state_dict",
      args: [
        { name: "score_threshold", kind: "sf", value: 0.3 },
        { name: "strides", kind: "vi", value: [8, 16, 32] },
        { name: "fit", kind: "ss", value: "pad" },
        { name: "characters", kind: "vs", value: ["京", ",", " "] },
      ],
      method: "",
    },
  ],
};

describe("form and JSON", () => {
  it("are each other's opposite", () => {
    const { form, troubles } = toForm(STORED);
    expect(troubles).toEqual([]);
    expect(toDocument(form)).toEqual(STORED);
    expect(toForm(toDocument(form)).form).toEqual(form);
    expect(toForm(toDocument(EMPTY))).toEqual({ form: { ...EMPTY, error_threshold: "0.0001" }, troubles: [] });
  });
  it("take full-width commas, and leave what is no number for the server to say", () => {
    const form = { ...EMPTY, error_threshold: "1e-5", sub_templates: [{ ...EMPTY_SUB, input_shape: "1，3, 8，8", mean_values: "imagenet" }] };
    const document = toDocument(form);
    expect(document["error_threshold"]).toBe(0.00001);
    expect(document["sub_templates"]).toMatchObject([{ input_shape: [1, 3, 8, 8], mean_values: "imagenet" }]);
    expect(numbers("(1,2)")).toBeNull();
  });
  it("take the older spellings", () => {
    const old = { name: "a", sub_templates: [{ stateDicKey: "whole file", maxbatch: "8", class_name: [["a"], ["b", "c"]] }] };
    const { form, troubles } = toForm(old);
    expect(troubles).toEqual([]);
    expect(form.sub_templates[0]).toMatchObject({
      state_dict_key: "",
      max_batch: "8",
      tasks: [{ name: "task1", classes: "a" }, { name: "task2", classes: "b\nc" }],
    });
    expect(toForm({ sub_templates: [{ class_name: ["a", "b"] }] }).form.sub_templates[0]?.tasks).toEqual([
      { name: "class", classes: "a\nb" },
    ]);
  });
  it("say what the form could not show", () => {
    const odd: Json = {
      name: 5,
      colour: "red",
      sub_templates: [{ maxbatch: 1, max_batch: 2, args: [{ name: "x", kind: "xx", value: {} }], tasks: [{ name: "t", classes: ["a\nb"] }] }],
    };
    expect(toForm(odd).troubles).toEqual([
      { path: "colour", code: "unknown" },
      { path: "name", code: "text" },
      { path: "sub_templates.0.max_batch", code: "twice" },
      { path: "sub_templates.0.tasks.0.classes.0", code: "line" },
      { path: "sub_templates.0.args.0.kind", code: "kind" },
      { path: "sub_templates.0.args.0.value", code: "number" },
    ]);
    expect(toForm([]).troubles).toEqual([{ path: "", code: "object" }]);
  });
});

describe("the two modes", () => {
  it("stay in step, and a broken text keeps the last good form", () => {
    const first = ofForm(EMPTY);
    const good = typed(first, first.text.replace('"name": ""', '"name": "plates"'));
    expect(good.form.name).toBe("plates");
    const bad = typed(good, `${good.text}}`);
    expect([bad.form, whole(bad)]).toEqual([good.form, false]);
    expect(bad.broken).toEqual({ line: good.text.split("\n").length, column: 2 });
    const alien = typed(good, '{"names": 1}');
    expect([alien.form, alien.troubles.length, whole(alien)]).toEqual([good.form, 1, false]);
    expect(whole(typed(bad, good.text))).toBe(true);
  });
  it("show a stored template that the form cannot hold as its JSON", () => {
    expect(ofDocument({ ...STORED, extra: 1 })).toMatchObject({ troubles: [{ path: "extra" }], broken: null });
    expect(ofDocument(STORED).troubles).toEqual([]);
  });
});

describe("a broken JSON", () => {
  it("is broken where the first wrong character stands", () => {
    for (const fine of ['{"a": [1, -2.5e3, true, null, "\\u00e9"], "b": {}}', " [] ", "0"]) expect(brokenAt(fine)).toBeNull();
    expect(brokenAt("")).toEqual({ line: 1, column: 1 });
    expect(brokenAt('{\n  "a": 1,\n}')).toEqual({ line: 3, column: 1 });
    expect(brokenAt("{\n  a: 1}")).toEqual({ line: 2, column: 3 });
    expect(brokenAt("[1 2]")).toEqual({ line: 1, column: 4 });
    expect(brokenAt('["a\n"]')).toEqual({ line: 1, column: 2 });
    expect(brokenAt("[01]")).toEqual({ line: 1, column: 3 });
  });
});

describe("normalisation", () => {
  it("of 0..1 becomes that of 0..255", () => {
    expect(fromUnit("0.485, 0.456，0.406", "0.229,0.224,0.225")).toEqual({
      mean_values: "123.675,116.28,103.53",
      scale_values: "0.0171247538,0.0175070028,0.0174291939",
    });
    for (const [mean, std] of [["", ""], ["0.5", "0.5,0.5"], ["127", "1"], ["0.5", "0"], ["x", "1"]] as const) {
      expect(fromUnit(mean, std)).toBeNull();
    }
  });
  it("is looked at while it is typed", () => {
    expect(looksLikeDivisor("58.4,57.1")).toBe(true);
    expect(looksLikeDivisor("0.017,1")).toBe(false);
    expect([channelsOf("1,3,8,8"), channelsOf("1,3"), channelsOf("1,x,8,8")]).toEqual([3, null, null]);
    expect([presetText([0.5], 3), presetText([1, 2, 3], 3)]).toEqual(["0.5,0.5,0.5", "1,2,3"]);
    expect(vectorProblem("（1,2）", 2)).toBe("brackets");
    expect([vectorProblem("1;2", 2), vectorProblem("1,2", 3), vectorProblem("", 3), vectorProblem("1,2,3", 3)]).toEqual([
      "not_numbers", "count", null, null,
    ]);
  });
});
