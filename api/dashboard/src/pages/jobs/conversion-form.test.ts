import { describe, expect, it } from "vitest";

import { CodeError, newSearch, overridesOf, textsOf, withMain, withSub } from "./conversion-form";

const DOCUMENT = {
  name: "t",
  repo: "detection",
  version: "1.0.0",
  method: "yolov5",
  error_threshold: 1e-5,
  sub_templates: [
    { name: "a", input_name: "data", input_shape: [1, 3, 8, 8], mean_values: [0], scale_values: [0.5], max_batch: 4, architecture: "x", num_classes: 2, tasks: [{ name: "class", classes: ["p", "q"] }], args: [], state_dict_key: "" },
    { name: "b", input_name: "data", input_shape: [1, 3, 8, 8], mean_values: [0], scale_values: [1], max_batch: 4, architecture: "x", num_classes: 2, tasks: [], args: [] },
  ],
};

describe("the overrides of a conversion", () => {
  const texts = textsOf(DOCUMENT);
  it("are nothing where nothing was changed", () => {
    expect(texts.main.error_threshold).toBe("0.00001");
    expect(texts.subs[0]?.fields.input_shape).toBe("1,3,8,8");
    expect(overridesOf(texts, textsOf(DOCUMENT))).toEqual({});
    expect(overridesOf(texts, withMain(texts, "repo", " detection "))).toEqual({});
  });
  it("are the changed fields only, of sub-templates by their names", () => {
    const now = withSub(withSub(withMain(texts, "error_threshold", "1e-3"), 1, "max_batch", "8"), 1, "args", '[{"name":"n","kind":"si","value":1}]');
    expect(overridesOf(texts, now)).toEqual({
      error_threshold: "1e-3",
      sub_templates: [{ name: "b", max_batch: "8", args: [{ name: "n", kind: "si", value: 1 }] }],
    });
  });
  it("say which field is no JSON", () => {
    expect(() => overridesOf(texts, withSub(texts, 0, "tasks", "[["))).toThrow(new CodeError("tasks"));
  });
});

it("the address may name the model and the template", () => {
  const id = "1956b771-2d78-5920-bfdb-2e2fc890c895";
  expect(newSearch({ pth: id, template: "x", other: 1 })).toEqual({ pth: id });
});
