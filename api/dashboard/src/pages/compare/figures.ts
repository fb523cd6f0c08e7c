/** The figures of compared tests: what their keys name, how a value and its difference from the base are shown. Pure. */
import type { Schemas } from "../../api/client";
import { milliseconds, NONE, percent } from "../../kit/charts/figures";
import type { Run } from "../../kit/charts/options";
import { short } from "../../kit/shown";

export type Compared = Schemas["ComparedTest"];
export type Verdict = Schemas["Verdict"];

/** `dimension` and `value` are empty for all images, `task` where the measure has none. */
export interface Names {
  measure: string;
  task: string;
  dimension: string;
  value: string;
}

const ESCAPES: Record<string, string> = { "%40": "@", "%3D": "=", "%25": "%" };

function plain(name: string): string {
  return name.replace(/%40|%3D|%25/g, (found) => ESCAPES[found] ?? found);
}

/** Before and after the first mark; all of it is before where there is none. */
function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** What a figure's key names: MEASURE, MEASURE/TASK, in a slice with @DIMENSION=VALUE. */
export function namesIn(key: string): Names {
  const [figure, group] = cut(key, "@");
  const [measure, task] = cut(figure, "/");
  const [dimension, value] = cut(group, "=");
  return { measure, task: plain(task), dimension: plain(dimension), value };
}

export function inSlice(key: string): boolean {
  return key.includes("@");
}

/** The keys that at least one of the tests has, in their order. */
export function keysOf(tests: readonly Compared[], slices: boolean): string[] {
  return [...new Set(tests.flatMap((each) => Object.keys(each.figures)))].filter((key) => inSlice(key) === slices);
}

export type Unit = "fraction" | "ms" | "rate";

export function unitOf(key: string): Unit {
  if (key.endsWith("_ms")) return "ms";
  return key === "images_per_second" ? "rate" : "fraction";
}

/** Whether less of it is better: times, and characters read wrongly. */
export function lessIsBetter(key: string): boolean {
  return unitOf(key) === "ms" || namesIn(key).measure === "cer";
}

export function valueText(key: string, value: number | null | undefined): string {
  switch (unitOf(key)) {
    case "ms":
      return milliseconds(value);
    case "rate":
      return value === null || value === undefined ? NONE : value.toFixed(value >= 100 ? 0 : 1);
    case "fraction":
      return percent(value);
  }
}

/** With its sign, as a typographer writes it; what rounds to nothing has none. */
export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value > 0 ? "+" : "−"}${text}`;
}

/** A difference: of fractions in percentage points, of times and rates as it is and as a part of the base. */
export function differenceText(key: string, difference: number, base: number | null | undefined): string {
  const unit = unitOf(key);
  if (unit === "fraction") return `${signed(difference * 100, 2)} pp`;
  const own = signed(difference, Math.abs(difference) >= 100 ? 0 : 2) + (unit === "ms" ? " ms" : "");
  return base ? `${own} (${signed((difference / base) * 100, 0)}%)` : own;
}

/** The 95 % interval of a difference of fractions, in percentage points. */
export function intervalText(low: number, high: number): string {
  return `[${signed(low * 100, 2)}, ${signed(high * 100, 2)}]`;
}

export type Arrow = "▲" | "▼" | "＝";

export function arrowOf(difference: number, text: string): Arrow {
  return /[1-9]/.test(cut(text, " ")[0]) ? (difference > 0 ? "▲" : "▼") : "＝";
}

/** Something to be said of a figure beside the base's; null on the base, and where there is no difference to tell. */
export interface Told {
  arrow: Arrow | null;
  difference: string;
  interval: string;
  /** What the statistics say; null where the figure has no interval. */
  verdict: Verdict | null;
}

export function told(key: string, row: Compared, base: Compared): Told | null {
  const verdict = row.verdicts[key] ?? null;
  if (verdict?.code === "not_comparable") return { arrow: null, difference: "", interval: "", verdict };
  const difference = verdict?.difference ?? row.delta[key] ?? null;
  if (difference === null) return null;
  const text = differenceText(key, difference, base.figures[key]);
  const { low, high } = verdict ?? {};
  const bounded = typeof low === "number" && typeof high === "number";
  return { arrow: arrowOf(difference, text), difference: text, interval: bounded ? intervalText(low, high) : "", verdict };
}

/** The test whose figure is best beyond the noise: better than the base, and best of those; none on a tie. */
export function bestOf(key: string, tests: readonly Compared[]): string | null {
  const better = tests.filter((each) => each.verdicts[key]?.code === "better");
  const sign = lessIsBetter(key) ? -1 : 1;
  const worth = (each: Compared) => sign * (each.verdicts[key]?.difference ?? Number.NEGATIVE_INFINITY);
  const [first, second] = [...better].sort((one, other) => worth(other) - worth(one));
  if (first === undefined || (second !== undefined && worth(second) === worth(first))) return null;
  return first.test.id;
}

/** The precision that ran, else the one that was asked for. */
export function precisionOf(test: Schemas["Test"]): string {
  return test.used?.precision ?? test.precision;
}

/** What the runs are called; those that would be called the same get their id's beginning. */
export function runsOf(tests: readonly Compared[]): Run[] {
  const names = tests.map(({ test }) => `${test.model}@${test.version} · ${precisionOf(test)}`);
  return tests.map(({ test }, slot) => {
    const name = names[slot] ?? "";
    const twice = names.filter((each) => each === name).length > 1;
    return { key: test.id, slot, name: twice ? `${name} · ${short(test.id)}` : name };
  });
}

/** The rows of the table: the base on top, the others as they were chosen. */
export function baseFirst(tests: readonly Compared[], base: string): Compared[] {
  return [...tests.filter((each) => each.test.id === base), ...tests.filter((each) => each.test.id !== base)];
}
