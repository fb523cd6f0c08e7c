/** How errors of a conversion are shown, and whether they keep the threshold. */
const DIGITS = 3;

/** Few digits, with an exponent where the value is small; "—" where there is none. */
export function error(value: number | null | undefined): string {
  if (value === null || value === undefined) return "—";
  if (value === 0) return "0";
  return Math.abs(value) < 1e-3 ? value.toExponential(DIGITS - 1) : String(Number(value.toPrecision(DIGITS)));
}

export function keeps(value: number, threshold: number): boolean {
  return value <= threshold;
}
