/** Counts by name, as bars show them. */

export interface Bar {
  name: string;
  count: number;
  /** Of all that is counted, 0..1. */
  share: number;
  /** Of the longest bar, 0..1. */
  length: number;
}

export const SHOWN_FIRST = 20;

/** `ordered`: as they come; else the largest first, and those of one count by name. */
export function barsOf(counts: Record<string, number>, ordered: boolean): Bar[] {
  const rows = Object.entries(counts);
  const all = rows.reduce((sum, [, count]) => sum + count, 0);
  const longest = Math.max(1, ...rows.map(([, count]) => count));
  if (!ordered) rows.sort(([one, first], [other, second]) => second - first || one.localeCompare(other));
  return rows.map(([name, count]) => ({ name, count, share: count / Math.max(1, all), length: count / longest }));
}

/** The places of "0", "1", "3-5", "101-": by the number that they begin with. */
export function byStart(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([one], [other]) => parseInt(one) - parseInt(other)));
}

const SIZES = ["small", "medium", "large"];

/** Small ones first. */
export function bySize(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([one], [other]) => SIZES.indexOf(one) - SIZES.indexOf(other)));
}
