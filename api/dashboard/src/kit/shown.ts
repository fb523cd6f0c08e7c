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

const MINUTE_S = 60;
const HOUR_S = 3600;

/** A duration in the largest two units that it has. */
export function duration(seconds: number, lang: Lang): string {
  const [h, m, s] = lang === "zh" ? [" 小时", " 分", " 秒"] : [" h", " min", " s"];
  if (seconds < 10) return `${seconds.toFixed(1)}${s}`;
  const whole = Math.round(seconds);
  if (whole < MINUTE_S) return `${whole}${s}`;
  if (whole < HOUR_S) return `${Math.floor(whole / MINUTE_S)}${m} ${whole % MINUTE_S}${s}`;
  return `${Math.floor(whole / HOUR_S)}${h} ${Math.floor((whole % HOUR_S) / MINUTE_S)}${m}`;
}

/** Stands in a table that is being loaded: as high as one row, so that what lies below stays where it is. */
export const NOTHING_YET = "\u00a0";
