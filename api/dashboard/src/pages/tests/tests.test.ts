import { describe, expect, it } from "vitest";

import type { Schemas } from "../../api/client";
import {
  allowedPrecisions, batchOf, changesOf, countOf, draftOfTest, type Form, freshDraft, lacksOf, UNCHANGED, withoutTask,
} from "./form-state";
import type { BoxReport } from "./report";
import { cellSearch, chosenIds, imagesAsked, newSearch, resultSearch, testsSearch } from "./search";
import { chainText, type Step } from "../../kit/chain";
import { added, chainProblem, moved } from "./steps";
import { atThreshold, curvesShown, MATRIX_MAX, matrixShown, stepsOf, targetsOfBoxes, triples } from "./targets";
import { crc32, entryNames, zipped } from "./zip";

const FORM: Form = {
  model_id: "m", dataset_id: "d", type: "classification", max_batch: 8,
  switches: [{ precision: "fp16", enabled: true, reason: null }, { precision: "int8", enabled: false, reason: null }],
  messages: {}, precisions: ["fp32", "bf16"], iou_threshold: false, steps: [{ op: "transpose" }],
  model_tasks: [{ name: "light", classes: 2 }], dataset_tasks: [{ name: "time", classes: 2 }],
  tasks: [{ task: "light", dataset_task: "time" }], dimensions: [{ name: "time", values: 2, as_task: true }],
  nothing_common: false,
};

describe("addresses of tests", () => {
  it("keep what is understood", () => {
    expect(testsSearch({ state: "running", chosen: "a,b,a", subject_id: 7, mine: true, odd: 1 })).toEqual({
      state: "running", chosen: "a,b", subject_id: "7", mine: true,
    });
    expect(testsSearch({ state: "asleep", chosen: "" })).toEqual({});
    expect(resultSearch({ tab: "images", outcome: "fp", threshold: "0.25", image: 0, class: "cat", x: 1 })).toEqual({
      tab: "images", outcome: "fp", threshold: 0.25, image: 0, class: "cat",
    });
    expect(resultSearch({ tab: "odd", threshold: 3, image: -1 })).toEqual({});
    expect(newSearch({ clone: "t" })).toEqual({ clone: "t" });
  });
  it("carry at most fifty tests", () => {
    expect(chosenIds(Array.from({ length: 80 }, (_, at) => at).join(","))).toHaveLength(50);
  });
  it("of a matrix's cells ask for the images behind them", () => {
    expect(cellSearch("t", "cat", "dog", "classes")).toEqual({ tab: "images", task: "t", class: "cat", found: "dog" });
    expect(cellSearch("t", "cat", null, "boxes")).toEqual({ tab: "images", task: "t", class: "cat", outcome: "fn" });
    expect(cellSearch("t", null, "dog", "boxes")).toEqual({ tab: "images", task: "t", found: "dog", outcome: "fp" });
    expect(imagesAsked({ tab: "images", class: "cat", threshold: 0.5, image: 3 })).toEqual({ class: "cat" });
  });
});

describe("the form of a test", () => {
  const draft = { ...freshDraft("m", "d"), dimensions: [{ name: "time", as_task: true }] };
  it("runs fp32 where nothing is switched on, one test for each precision else", () => {
    expect(batchOf(draft).precisions).toEqual(["fp32"]);
    expect(countOf({ ...draft, models: ["a", "b"], precisions: ["fp16", "fp32"] })).toBe(4);
  });
  it("lets go of a switch that the model does not allow", () => {
    expect(allowedPrecisions(["fp16", "int8", "bf16"], FORM)).toEqual(["fp16", "bf16"]);
  });
  it("deletes the dimension with its task, and then lacks a task", () => {
    const left = withoutTask(draft, FORM, "time");
    expect([left.tasks, left.dimensions, lacksOf(left, FORM, 0)]).toEqual([[], [], ["tasks"]]);
  });
  it("says what it lacks", () => {
    expect(lacksOf(freshDraft(), undefined, 0)).toEqual(["model", "dataset"]);
    expect(lacksOf({ ...draft, quick: true, datasets: [], batch_size: 9 }, FORM, 0)).toEqual(["images", "batch"]);
    expect(lacksOf(draft, { ...FORM, nothing_common: true }, 0)).toEqual(["common"]);
    expect(lacksOf(draft, FORM, 0)).toEqual([]);
  });
  it("of a clone says only what was changed", () => {
    const test = {
      id: "t", model_id: "m", dataset_id: "d", batch_size: 4, loops: 1, precision: "fp16", backend: "auto",
      steps: [{ op: "transpose" }], options: { iou_threshold: 0.5, size_policy: "true", tasks: [], dimensions: [] },
      job: { platform: "nvidia" },
    } as unknown as Schemas["Test"];
    const same = draftOfTest(test);
    expect(changesOf(test, same)).toEqual(UNCHANGED);
    expect(changesOf(test, { ...same, loops: 5, precisions: [] })).toEqual({ ...UNCHANGED, loops: 5, precision: "fp32" });
    expect(changesOf(test, { ...same, dimensions: draft.dimensions }).options?.dimensions).toEqual(draft.dimensions);
  });
});

describe("the preprocessing chain", () => {
  const resize: Step = { op: "resize", width: 8, height: 6, short_side: null, interpolation: "linear" };
  it("keeps transpose last when a step is added", () => {
    const chain = added([resize, { op: "transpose" }], "cvtRGB");
    expect(chainText(chain)).toBe("resize 8x6 > cvtRGB > transpose");
    expect(added([resize], "centercrop")[1]).toEqual({ op: "centercrop", width: 8, height: 6 });
  });
  it("is moved within its ends and says what is wrong", () => {
    const wrong = moved([resize, { op: "transpose" }], 1, -1);
    expect([chainProblem(wrong), chainProblem([{ op: "cvtRGB" }, { op: "cvtRGB" }]), chainProblem([])]).toEqual([
      "transpose_not_last", "cvtrgb_twice", null,
    ]);
    expect(moved(wrong, 0, -1)).toEqual(wrong);
  });
});

describe("classes of a detector", () => {
  const one = {
    name: "cat", objects: [10, 1, 1, 8], ap: [0.5, null, null, 0.5], found: 9, precision: 0.77, recall: 0.7, f1: 0.73,
    best_threshold: 0.4, best_precision: 0.8, best_recall: 0.7, best_f1: 0.74, curve: [1, 0.8, 0], curve_scores: [0.9, 0.4, null],
  };
  const report = {
    classes: [one, { ...one, name: "dog", objects: [0, 0, 0, 0], curve: [], curve_scores: [] }],
    summary: { threshold: 0.4 },
  } as unknown as BoxReport;
  it("are exact at the test's own threshold, and from the curve elsewhere", () => {
    expect(targetsOfBoxes(report, 0.4)[0]).toMatchObject({ predicted: 9, precision: 0.77, recall: 0.7 });
    expect(targetsOfBoxes(report, 0.3)[0]).toMatchObject({ predicted: 6, precision: 0.8, recall: 0.5 });
    expect(atThreshold(one, 0.95)).toEqual({ precision: null, recall: 0 });
  });
  it("are summed up over thresholds", () => {
    const steps = stepsOf(report);
    expect([steps.length, steps[30], steps[100]]).toEqual([
      101, { threshold: 0.3, precision: 0.8, recall: 0.5 }, { threshold: 1, precision: null, recall: 0 },
    ]);
  });
  it("have a curve only where there are objects", () => {
    expect([curvesShown(report.classes, undefined), curvesShown(report.classes, "1,0,0"), curvesShown(report.classes, "")]).toEqual([
      [0], [0], [],
    ]);
  });
});

describe("a large matrix", () => {
  it("shows the classes with the most mistakes", () => {
    expect(matrixShown(3, [])).toEqual([0, 1, 2]);
    const shown = matrixShown(100, [[99, 98, 5], [7, 7, 50]]);
    expect([shown.length, shown.slice(-2), shown[0]]).toEqual([MATRIX_MAX, [98, 99], 0]);
  });
  it("leaves out what is no cell", () => expect(triples([[1, 2, 3], [1, "x", 3], []])).toEqual([[1, 2, 3]]));
});

describe("a zip of images", () => {
  it("has the checksum of the standard", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });
  it("keeps files of one name apart", () => expect(entryNames(["a", "b", "a"])).toEqual(["1/a", "b", "3/a"]));
  it("has each file and its list", async () => {
    const made = await zipped([new File(["abc"], "图.png"), new File(["d"], "b.png")]);
    const view = new DataView(await made.arrayBuffer());
    expect([view.getUint32(0, true), view.getUint16(view.byteLength - 12, true)]).toEqual([0x04034b50, 2]);
    expect(view.getUint32(view.getUint32(view.byteLength - 6, true), true)).toBe(0x02014b50);
  });
});
