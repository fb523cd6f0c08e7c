/** How times, sizes and figures are shown; everywhere the same. */
import type { Lang } from "../words/table";

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** Bytes in thousands, as the command line shows them. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${UNITS[unit]}`;
}

export function when(time: string, lang: Lang): string {
  const format = { dateStyle: "short", timeStyle: "medium" } as const;
  return new Intl.DateTimeFormat(lang === "zh" ? "zh-CN" : "en-GB", format).format(new Date(time));
}

export function short(id: string): string {
  return id.slice(0, 8);
}
