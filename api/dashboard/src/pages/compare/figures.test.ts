import { expect, test } from "vitest";

import {
  baseFirst,
  bestOf,
  type Compared,
  differenceText,
  intervalText,
  keysOf,
  lessIsBetter,
  namesIn,
  runsOf,
  signed,
  told,
  type Verdict,
  valueText,
} from "./figures";

const JOB = {
  id: "j", kind: "inference", state: "completed", owner: "o", resource: "device", platform: "nvidia", epoch: 1,
  agent: null, cancelling: false, subject_id: null, requested_at: "", updated_at: "",
} as const;

function compared(id: string, version: string, rest: Partial<Compared> = {}): Compared {
  const test = {
    id, job: JOB, model_id: "m", model: "net", version, dataset_id: "d", dataset: "set", pack: "p",
    batch_size: 1, loops: 1, precision: "fp32", steps: [],
  } as unknown as Compared["test"];
  const nothing = { classes: {}, delta: {}, class_delta: {}, notes: [], messages: [], intervals: {}, verdicts: {}, figures: {} };
  return { test, ...nothing, ...rest };
}

const verdict = (code: Verdict["code"], difference: number | null = null): Verdict => ({
  code,
  difference,
  low: difference === null ? null : difference - 0.01,
  high: difference === null ? null : difference + 0.01,
  images: 20,
  left_out: 0,
  method: null,
  reason: null,
});

test("a key's names, with the marks that stand in them", () => {
  expect(namesIn("top1/a%40b/c@time%3D=day=x@y")).toEqual({ measure: "top1", task: "a@b/c", dimension: "time=", value: "day=x@y" });
  expect(namesIn("accuracy")).toEqual({ measure: "accuracy", task: "", dimension: "", value: "" });
  expect(namesIn("ap/100%25@x=1").task).toBe("100%");
});

test("the keys of all tests, each once; slices apart", () => {
  const tests = [compared("a", "1", { figures: { accuracy: 1, "ap/t@w=day": 1 } }), compared("b", "1", { figures: { total_ms: 2, accuracy: 0 } })];
  expect(keysOf(tests, false)).toEqual(["accuracy", "total_ms"]);
  expect(keysOf(tests, true)).toEqual(["ap/t@w=day"]);
});

test("values and differences in their units", () => {
  expect([valueText("accuracy", 0.9), valueText("total_ms", 716.14), valueText("images_per_second", 2893.7)]).toEqual(["90.00%", "716 ms", "2894"]);
  expect(valueText("accuracy", null)).toBe("–");
  expect(differenceText("accuracy", -0.0263, 0.9)).toBe("−2.63 pp");
  expect(differenceText("inference_ms", -27.5, 55)).toBe("−27.50 ms (−50%)");
  expect(differenceText("images_per_second", 12.47, 0)).toBe("+12.47");
  expect(intervalText(-0.2, 0.05)).toBe("[−20.00, +5.00]");
  expect([signed(0.001, 2), signed(-0.001, 2)]).toEqual(["0.00", "0.00"]);
});

test("less is better of times and misread characters only", () => {
  expect(["inference_ms", "cer/plate", "cer/plate@w=day", "accuracy", "images_per_second"].map(lessIsBetter)).toEqual([true, true, true, false, false]);
});

test("a verdict's difference is of the images in common, and goes before the plain one", () => {
  const base = compared("a", "1", { figures: { accuracy: 0.9, total_ms: 10 } });
  const row = compared("b", "2", {
    figures: { accuracy: 0.95, total_ms: 5 },
    delta: { accuracy: 0.05, total_ms: -5, missing: null },
    verdicts: { accuracy: verdict("better", 0.04), "ap/x": verdict("not_comparable") },
  });
  expect(told("accuracy", row, base)).toMatchObject({ arrow: "▲", difference: "+4.00 pp", interval: "[+3.00, +5.00]" });
  expect(told("total_ms", row, base)).toEqual({ arrow: "▼", difference: "−5.00 ms (−50%)", interval: "", verdict: null });
  expect(told("ap/x", row, base)).toMatchObject({ arrow: null, difference: "" });
  expect(told("missing", row, base)).toBeNull();
  expect(told("accuracy", { ...row, verdicts: { accuracy: verdict("within_noise", 0) } }, base)?.arrow).toBe("＝");
});

test("none is best on a tie within the noise; less is better of misread characters", () => {
  const base = compared("a", "1");
  const noise = compared("b", "2", { verdicts: { accuracy: verdict("within_noise", 0.3) } });
  const good = compared("c", "3", { verdicts: { accuracy: verdict("better", 0.1), "cer/x": verdict("better", -0.1) } });
  const better = compared("d", "4", { verdicts: { accuracy: verdict("better", 0.2), "cer/x": verdict("better", -0.05) } });
  expect(bestOf("accuracy", [base, noise])).toBeNull();
  expect(bestOf("accuracy", [base, noise, good, better])).toBe("d");
  expect(bestOf("cer/x", [base, good, better])).toBe("c");
  expect(bestOf("accuracy", [good, { ...good, test: { ...good.test, id: "e" } }])).toBeNull();
});

test("runs keep their place and are told apart; the base is on top", () => {
  const tests = [compared("aaaaaaaa-1", "1"), compared("bbbbbbbb-2", "1"), compared("cccccccc-3", "2")];
  expect(runsOf(tests).map((each) => [each.slot, each.name])).toEqual([
    [0, "net@1 · fp32 · aaaaaaaa"],
    [1, "net@1 · fp32 · bbbbbbbb"],
    [2, "net@2 · fp32"],
  ]);
  expect(baseFirst(tests, "cccccccc-3").map((each) => each.test.id)).toEqual(["cccccccc-3", "aaaaaaaa-1", "bbbbbbbb-2"]);
});
