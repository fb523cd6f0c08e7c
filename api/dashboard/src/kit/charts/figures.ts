/** How fractions and times stand in charts and tables; what is undefined is a dash. */
export const NONE = "–";

/** A fraction of 1 as a percentage. */
export function percent(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined || !Number.isFinite(value) ? NONE : `${(value * 100).toFixed(digits)}%`;
}

export function fixed(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined || !Number.isFinite(value) ? NONE : value.toFixed(digits);
}

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(value >= 1 ? 2 : 3)} ms`;
}

/** The harmonic mean of precision and recall; undefined where either is. */
export function f1Of(precision: number | null, recall: number | null): number | null {
  if (precision === null || recall === null) return null;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}
