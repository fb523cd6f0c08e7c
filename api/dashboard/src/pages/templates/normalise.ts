/** Normalisation as training code says it, (x / 255 - mean) / std, in the form that templates have: (x - mean) * scale. */
import { numbers, parts } from "./document";

const PIXEL_MAX = 255;
const DIGITS = 9;

const rounded = (value: number) => Number(value.toPrecision(DIGITS));

/** What means and deviations of pixels in 0..1 come to, one of each for every channel; null where they are none. */
export function fromUnit(mean: string, std: string): { mean_values: string; scale_values: string } | null {
  const [means, deviations] = [numbers(mean), numbers(std)];
  if (means === null || deviations === null || means.length !== deviations.length) return null;
  if (!means.every((each) => each >= 0 && each <= 1) || !deviations.every((each) => each > 0 && each <= 1)) return null;
  return {
    mean_values: means.map((each) => rounded(each * PIXEL_MAX)).join(","),
    scale_values: deviations.map((each) => rounded(1 / (each * PIXEL_MAX))).join(","),
  };
}

/** How many channels an input's shape has; null while that cannot be read. */
export function channelsOf(shape: string): number | null {
  const sizes = numbers(shape);
  const channels = sizes?.length === 4 ? sizes[1] : undefined;
  return channels !== undefined && Number.isInteger(channels) && channels > 0 && channels <= 4 ? channels : null;
}

/** A preset's values for so many channels: a single one counts for all of them. */
export function presetText(values: readonly number[], channels: number): string {
  const [only] = values;
  return (values.length === 1 && only !== undefined ? Array<number>(channels).fill(only) : values).join(",");
}

export type VectorProblem = "brackets" | "not_numbers" | "count";

/** What is wrong with a vector that was typed, as far as the page can tell. */
export function vectorProblem(text: string, count: number | null): VectorProblem | null {
  if (/[()[\]{}（）［］｛｝【】「」]/.test(text)) return "brackets";
  const found = numbers(text);
  if (found === null) return parts(text).length > 0 ? "not_numbers" : null;
  return count !== null && found.length !== count ? "count" : null;
}

/** A scale above 1 is usually meant as a divisor. */
export function looksLikeDivisor(scale: string): boolean {
  return (numbers(scale) ?? []).some((each) => each > 1);
}
