/** The look of a run in every chart: a colour that colour-blind readers tell apart, a dash and a mark, by its slot. */
import type { Mode } from "../../frame/theme";

export interface Look {
  colour: string;
  /** Lengths of line and gap, in pixels; none is a line without gaps. */
  dash: readonly number[];
  mark: string;
}

/** All of them have a contrast of 3:1 or more on the theme's ground (after Okabe and Ito, and Tol). */
export const COLOURS: Record<Mode, readonly string[]> = {
  light: ["#0072b2", "#c05000", "#117733", "#aa4499", "#7a6000", "#332288", "#c2334d", "#555555"],
  dark: ["#56b4e9", "#ff9e4a", "#4cc9a0", "#e79ad0", "#f0e442", "#a5a1ff", "#ff8fa3", "#c8c8c8"],
};
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2]];
const MARKS: readonly string[] = ["circle", "rect", "triangle", "diamond", "pin", "arrow", "roundRect"];

function nth<T>(list: readonly T[], slot: number): T {
  return list[slot % list.length] as T;
}

/** A run keeps its slot, and with it this look, everywhere on a page. */
export function lookOf(slot: number, mode: Mode): Look {
  return { colour: nth(COLOURS[mode], slot), dash: nth(DASHES, slot), mark: nth(MARKS, slot) };
}

/** What lines, words and grounds of a chart are drawn with. */
export interface Ink {
  mode: Mode;
  text: string;
  line: string;
  ground: string;
}

export const INKS: Record<Mode, Ink> = {
  light: { mode: "light", text: "#1f1f1f", line: "#d9d9d9", ground: "#ffffff" },
  dark: { mode: "dark", text: "#e6e6e6", line: "#424242", ground: "#1f1f1f" },
};
