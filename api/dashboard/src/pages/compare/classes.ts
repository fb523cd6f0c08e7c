/** The classes of compared tests: what there is of one, and which of them lost most. Pure. */
import type { Schemas } from "../../api/client";
import { f1Of } from "../../kit/charts/figures";
import { arrowOf, type Compared, differenceText, type Told } from "./figures";
import type { Measure } from "./search";

type Row = Schemas["ClassRow"];
export const CLASS_FIGURES = ["precision", "recall", "ap"] as const;
export type ClassFigure = (typeof CLASS_FIGURES)[number];

/** Every class of any task of which there is a figure, each once. */
export function classesOf(tests: readonly Compared[]): string[] {
  const rows = tests.flatMap((each) => Object.values(each.classes).flat());
  const figured = rows.filter((row) => row.support > 0 || row.precision !== null);
  return [...new Set(figured.map((row) => row.name))];
}

export function tasksOf(tests: readonly Compared[]): string[] {
  return [...new Set(tests.flatMap((each) => Object.keys(each.classes)))];
}

/** Tasks that have the class, in any test. */
export function tasksWith(tests: readonly Compared[], name: string): string[] {
  return tasksOf(tests).filter((task) => tests.some((each) => rowOf(each, task, name) !== undefined));
}

export function rowOf(test: Compared, task: string, name: string): Row | undefined {
  return test.classes[task]?.find((row) => row.name === name);
}

export function measured(row: Row | undefined, measure: Measure): number | null {
  if (row === undefined) return null;
  return measure === "f1" ? f1Of(row.precision, row.recall) : row[measure];
}

/** One class's figure beside the base's; it has no interval, so nothing is said of noise. */
export function classTold(test: Compared, task: string, name: string, figure: ClassFigure): Told | null {
  const difference = test.class_delta[task]?.[name]?.[figure] ?? null;
  if (difference === null) return null;
  const text = differenceText(figure, difference, null);
  return { arrow: arrowOf(difference, text), difference: text, interval: "", verdict: null };
}

/** The names of a task's classes, those first of which any test lost most against the base. */
export function mostRegressed(tests: readonly Compared[], base: Compared, task: string, measure: Measure): string[] {
  const of = new Map(tests.map((each) => [each, new Map((each.classes[task] ?? []).map((row) => [row.name, row]))]));
  const names = [...new Set([...of.values()].flatMap((rows) => [...rows.keys()]))];
  const own = of.get(base);
  const loss = (name: string): number => {
    const reference = measured(own?.get(name), measure);
    if (reference === null) return Number.POSITIVE_INFINITY;
    const changes = tests.flatMap((each) => {
      const value = each === base ? null : measured(of.get(each)?.get(name), measure);
      return value === null ? [] : [value - reference];
    });
    return changes.length > 0 ? Math.min(...changes) : 0;
  };
  const losses = new Map(names.map((name) => [name, loss(name)]));
  const there = (name: string) => tests.some((each) => measured(of.get(each)?.get(name), measure) !== null);
  const shown = names.filter(there);
  return shown.sort((one, other) => {
    const [left, right] = [losses.get(one) ?? 0, losses.get(other) ?? 0];
    return left === right ? 0 : left - right;
  });
}
