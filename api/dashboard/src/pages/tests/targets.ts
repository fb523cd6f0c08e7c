/** A test's classes as rows, whatever was tested; a detector's at any score threshold. Pure. */
import { f1Of } from "../../kit/charts/figures";
import { placeOf, recallAt } from "../../kit/charts/pr-curves";
import type { Step } from "../../kit/charts/threshold-lines";
import type { BoxReport, TaskReport } from "./report";

type BoxClass = BoxReport["classes"][number];

export interface Target {
  key: number;
  name: string;
  support: number;
  predicted: number | null;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** All sizes, small, medium, large; a detector's only. */
  ap?: readonly (number | null)[];
}

export function targetsOfTask(task: TaskReport): Target[] {
  return task.classes.map((each, key) => ({ ...each, key }));
}

/** Precision and recall of a class where its curve has this score; before the curve begins nothing is found. */
export function atThreshold(own: BoxClass, threshold: number): { precision: number | null; recall: number | null } {
  const { curve = [], curve_scores: scores = [] } = own;
  if (curve.length === 0) return { precision: null, recall: null };
  const place = placeOf({ scores }, threshold);
  if (place < 0) return { precision: null, recall: 0 };
  return { precision: curve[place] ?? null, recall: recallAt(place, curve.length) };
}

/** The classes of a detector at a score threshold: at the test's own the exact figures, else those of the curves. */
export function targetsOfBoxes(report: BoxReport, threshold: number): Target[] {
  const own = threshold === report.summary.threshold;
  return report.classes.map((each, key) => {
    const base = { key, name: each.name, support: each.objects[0] ?? 0, ap: each.ap };
    if (own) return { ...base, predicted: each.found, precision: each.precision, recall: each.recall, f1: each.f1 };
    const { precision, recall } = atThreshold(each, threshold);
    return { ...base, predicted: foundOf(base.support, precision, recall), precision, recall, f1: f1Of(precision, recall) };
  });
}

/** How many boxes must have been found, of what was found rightly. */
function foundOf(support: number, precision: number | null, recall: number | null): number | null {
  if (precision === null || recall === null || precision === 0) return null;
  return Math.round((support * recall) / precision);
}

const STEPS = 100;

/** All classes together, at thresholds from 0 to 1: their objects and boxes are summed up. */
export function stepsOf(report: BoxReport): Step[] {
  const drawn = report.classes.filter((each) => (each.curve?.length ?? 0) > 0);
  const objects = drawn.reduce((sum, each) => sum + (each.objects[0] ?? 0), 0);
  return Array.from({ length: STEPS + 1 }, (_, at) => {
    const threshold = at / STEPS;
    let right = 0;
    let found = 0;
    for (const each of drawn) {
      const { precision, recall } = atThreshold(each, threshold);
      const hits = (each.objects[0] ?? 0) * (recall ?? 0);
      right += hits;
      if (precision !== null && precision > 0) found += hits / precision;
    }
    return {
      threshold,
      precision: found > 0 ? right / found : null,
      recall: objects > 0 ? right / objects : null,
    };
  });
}

export const CURVES_MAX = 8;

/** The places of the classes whose curves are drawn: those that were named, else the ones with most objects. */
export function curvesShown(classes: readonly BoxClass[], named: string | undefined): number[] {
  const drawn = classes.map((each, at) => ({ at, objects: each.objects[0] ?? 0, any: (each.curve?.length ?? 0) > 0 }));
  const known = new Set(drawn.filter((each) => each.any).map((each) => each.at));
  if (named !== undefined) {
    return [...new Set(named.split(",").filter((each) => each !== "").map(Number))].filter((each) => known.has(each));
  }
  const most = drawn.filter((each) => each.any).sort((one, other) => other.objects - one.objects);
  return most.slice(0, CURVES_MAX).map((each) => each.at);
}

export const MATRIX_MAX = 25;

/** The places of the classes that a matrix shows: all, or those with the most mistakes, in their order. */
export function matrixShown(count: number, cells: readonly (readonly [number, number, number])[]): number[] {
  const every = Array.from({ length: count }, (_, at) => at);
  if (count <= MATRIX_MAX) return every;
  const mistakes = new Map<number, number>();
  for (const [row, column, number] of cells) {
    if (row === column) continue;
    for (const at of [row, column]) mistakes.set(at, (mistakes.get(at) ?? 0) + number);
  }
  const worst = every.sort((one, other) => (mistakes.get(other) ?? 0) - (mistakes.get(one) ?? 0) || one - other);
  return worst.slice(0, MATRIX_MAX).sort((one, other) => one - other);
}

/** The cells as triples of numbers; what is no such triple is left out. */
export function triples(cells: readonly (readonly unknown[])[]): [number, number, number][] {
  return cells.flatMap(([row, column, count]) =>
    typeof row === "number" && typeof column === "number" && typeof count === "number" ? [[row, column, count]] : [],
  );
}
