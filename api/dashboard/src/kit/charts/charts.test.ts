import { describe, expect, it } from "vitest";

import { depth } from "./confusion";
import { f1Of, fixed, milliseconds, percent } from "./figures";
import { COLOURS, INKS, lookOf } from "./palette";
import { barsFigures, barsOption } from "./pr-bars";
import { placeOf, type PrCurve, prFigures, prOption, told } from "./pr-curves";
import { scatterFigures } from "./scatter";
import { bestOf, thresholdOption } from "./threshold-lines";

const WORDS = { recall: "R", precision: "P", score: "S" };
const one: PrCurve = { key: "a", name: "A", slot: 0, ap: 0.5, points: [1, 0.8, 0], scores: [0.9, 0.4, null], threshold: 0.5 };
const two: PrCurve = { key: "b", name: "B", slot: 1, points: [1, 0.5, 0.25], scores: [0.7, 0.6, 0.1] };

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe("looks", () => {
  it("of fifty runs: no two of the first forty are the same", () => {
    const seen = Array.from({ length: 40 }, (_, slot) => JSON.stringify(lookOf(slot, "light")));
    expect(new Set(seen).size).toBe(40);
    expect(lookOf(49, "dark").colour).toMatch(/^#/);
  });
  it("stand out from the ground by 3:1", () => {
    for (const mode of ["light", "dark"] as const) {
      const ground = luminance(INKS[mode].ground);
      for (const colour of COLOURS[mode]) {
        const own = luminance(colour);
        expect((Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05)).toBeGreaterThanOrEqual(3);
      }
    }
  });
});

describe("figures", () => {
  it("that are undefined are a dash", () => {
    expect([percent(null), percent(0.12345), fixed(undefined), fixed(0.5), milliseconds(null)]).toEqual([
      "–", "12.35%", "–", "0.500", "–",
    ]);
    expect([milliseconds(0.5), milliseconds(12.3456), milliseconds(1234.5)]).toEqual(["0.500 ms", "12.35 ms", "1235 ms"]);
  });
  it("of F1 are the harmonic mean", () => {
    expect([f1Of(0.5, 1), f1Of(0, 0), f1Of(null, 1)]).toEqual([2 / 3, 0, null]);
  });
});

describe("PR curves", () => {
  it("tell precision and score of every run under the pointer", () => {
    expect(told([one, two], 1, WORDS)).toBe("R 50%\nA: P 80.00% · S 0.400\nB: P 50.00% · S 0.600");
    expect(told([one], 2, WORDS)).toBe("R 100%\nA: P – · S –");
  });
  it("end where the recall is never reached, and mark the threshold's place", () => {
    const { series } = prOption([one], WORDS, INKS.light);
    const [line] = Array.isArray(series) ? series : [series];
    expect(line).toMatchObject({
      data: [[0, 1], [0.5, 0.8], [1, null]],
      markPoint: { data: [{ coord: [0, 1] }] },
    });
    expect([placeOf(one, 0.4), placeOf(one, 0.95)]).toEqual([1, -1]);
  });
  it("have all their figures behind them", () => {
    expect(prFigures([one, two], WORDS)).toEqual({
      columns: ["R", "A P", "A S", "B P", "B S"],
      rows: [
        ["0%", "100.00%", "0.900", "100.00%", "0.700"],
        ["50%", "80.00%", "0.400", "50.00%", "0.600"],
        ["100%", "–", "–", "25.00%", "0.100"],
      ],
    });
  });
});

describe("bars", () => {
  const bars = [{ key: "p", name: "P", slot: 0, values: [1, null] }, { key: "r", name: "R", slot: 0, values: [0.5, 0], striped: true }];
  it("keep what is undefined apart from 0", () => {
    expect(barsFigures(["cat", "dog"], bars, "class").rows).toEqual([["cat", "100.00%", "50.00%"], ["dog", "–", "0.00%"]]);
  });
  it("of recall are striped", () => {
    const { series } = barsOption(["cat", "dog"], bars, INKS.dark);
    expect((Array.isArray(series) ? series : []).map((each) => "decal" in (each.itemStyle ?? {}))).toEqual([false, true]);
  });
});

describe("thresholds", () => {
  const steps = [
    { threshold: 0.1, precision: 0.2, recall: 1 },
    { threshold: 0.5, precision: 0.8, recall: 0.8 },
    { threshold: 0.9, precision: null, recall: 0 },
  ];
  it("are best where F1 is", () => {
    expect(bestOf(steps)?.threshold).toBe(0.5);
    expect(bestOf([{ threshold: 0.4, precision: 0.8, recall: 0.8 }, ...steps])?.threshold).toBe(0.5);
    expect(bestOf([])).toBeNull();
  });
  it("mark the best and the reader's", () => {
    const said = { score: "S", runs: [], best: "best", now: "now" };
    const { series } = thresholdOption(steps, 0.3, said, INKS.light);
    const [first] = Array.isArray(series) ? series : [series];
    expect(first).toMatchObject({ markLine: { data: [{ xAxis: 0.5 }, { xAxis: 0.3 }] } });
  });
});

describe("marks and cells", () => {
  it("of a scatter are told in its table", () => {
    const axis = (name: string) => ({ name, show: (value: number) => `${value}u` });
    const spots = [{ key: "a", name: "A", slot: 0, x: 2, y: 3 }];
    expect(scatterFigures({ spots, x: axis("x"), y: axis("y") }, "run")).toEqual({
      columns: ["run", "x", "y"], rows: [["A", "2u", "3u"]],
    });
  });
  it("of a matrix are as deep as their part of the row", () => {
    expect([depth(0, 0), depth(1, 4), depth(4, 4)]).toEqual([0, 25, 100]);
  });
});
