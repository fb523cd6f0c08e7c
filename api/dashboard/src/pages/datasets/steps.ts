/** From one image to the next, among those that a filter lets through. */

/** Where a step leads: another image of this page, the first or last one of the page beside it, or nowhere. */
export type Step = { record: number } | { turn: 1 | -1 } | null;

export function stepOf(numbers: readonly number[], now: number, by: 1 | -1, more: { before: boolean; after: boolean }): Step {
  const place = numbers.indexOf(now);
  if (place < 0) return null;
  const next = numbers[place + by];
  if (next !== undefined) return { record: next };
  return (by === 1 ? more.after : more.before) ? { turn: by } : null;
}
