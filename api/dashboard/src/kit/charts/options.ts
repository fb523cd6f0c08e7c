/** What the charts share: grounds, axes from 0 to 1, a tooltip of lines of text (the policy forbids one of HTML). Pure. */
import type { Option } from "./engine";
import type { Ink } from "./palette";

export interface Run {
  /** Unique in the chart. */
  key: string;
  name: string;
  slot: number;
}

const FONT = 12;

export function frame(ink: Ink): Pick<Option, "animation" | "backgroundColor" | "textStyle" | "grid"> {
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { color: ink.text, fontSize: FONT },
    grid: { left: 56, right: 24, top: 28, bottom: 48 },
  };
}

export function tooltip(ink: Ink, trigger: "axis" | "item"): NonNullable<Option["tooltip"]> {
  return {
    trigger,
    renderMode: "richText",
    confine: true,
    backgroundColor: ink.ground,
    borderColor: ink.line,
    textStyle: { color: ink.text, fontSize: FONT },
  };
}

const lines = (ink: Ink) => ({
  axisLabel: { color: ink.text },
  axisLine: { lineStyle: { color: ink.line } },
  splitLine: { lineStyle: { color: ink.line } },
  nameTextStyle: { color: ink.text },
});

/** An axis of fractions of 1. */
export function fractions(ink: Ink, name: string, place: "x" | "y") {
  return {
    type: "value" as const,
    name,
    min: 0,
    max: 1,
    nameLocation: place === "x" ? ("middle" as const) : ("end" as const),
    nameGap: place === "x" ? 28 : 12,
    ...lines(ink),
  };
}

/** An axis of numbers that begins where they begin. */
export function numbers(ink: Ink, name: string, place: "x" | "y") {
  return {
    type: "value" as const,
    name,
    scale: true,
    nameLocation: place === "x" ? ("middle" as const) : ("end" as const),
    nameGap: place === "x" ? 28 : 12,
    ...lines(ink),
  };
}

export function names(ink: Ink, data: readonly string[]) {
  return {
    type: "category" as const,
    data: [...data],
    ...lines(ink),
    axisLabel: { color: ink.text, rotate: data.length > 8 ? 40 : 0, width: 110, overflow: "truncate" as const, interval: 0 },
  };
}

/** Which place of a chart the pointer is at, as the tooltip's formatter is told. */
export function pointed(params: unknown): number | null {
  const first: unknown = Array.isArray(params) ? params[0] : params;
  if (typeof first !== "object" || first === null || !("dataIndex" in first)) return null;
  return typeof first.dataIndex === "number" ? first.dataIndex : null;
}
