/** Slices as rows of a table, and how deep a difference colours its place. Pure. */
import { namesIn, type Verdict } from "./figures";

export interface SliceRow {
  dimension: string;
  value: string;
  /** Figure (MEASURE/TASK) -> its whole key in this slice. */
  keys: ReadonlyMap<string, string>;
}

export function sliceRows(keys: readonly string[]): SliceRow[] {
  const rows = new Map<string, { dimension: string; value: string; keys: Map<string, string> }>();
  for (const key of keys) {
    const { dimension, value } = namesIn(key);
    const at = key.indexOf("@");
    const group = key.slice(at + 1);
    const row = rows.get(group) ?? { dimension, value, keys: new Map<string, string>() };
    row.keys.set(key.slice(0, at), key);
    rows.set(group, row);
  }
  return [...rows.values()];
}

const STEPS = [0.02, 0.05];

/** Colour says what the verdict says, its depth how large the difference is; none within the noise. */
export function heatOf(verdict: Verdict | undefined): string {
  if (verdict === undefined || (verdict.code !== "better" && verdict.code !== "worse")) return "";
  const size = Math.abs(verdict.difference ?? 0);
  return `heat-${verdict.code} heat-${1 + STEPS.filter((step) => size >= step).length}`;
}
