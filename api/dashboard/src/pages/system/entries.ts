/** A list of the dictionary as the rows of a form, and back. Pure. */
import type { Schemas } from "../../api/client";

export type List = Schemas["DictionaryList"];

export interface Row {
  key: number;
  name: string;
  values: string;
}

export function rowsOf(list: List): Row[] {
  return list.entries.map((entry, key) => ({ key, name: entry.name, values: entry.values.join(", ") }));
}

/** Whether the list's entries stand for numbers. */
export function isPreset(list: Pick<List, "name">): boolean {
  return list.name === "mean_values" || list.name === "scale_values";
}

/** What is sent; text that is no number becomes NaN, which the server refuses in words. */
export function entriesOf(rows: readonly Row[]): { name: string; values: number[] }[] {
  return rows
    .filter((row) => row.name.trim())
    .map((row) => ({ name: row.name.trim(), values: numbers(row.values) }));
}

export function numbers(text: string): number[] {
  return text
    .replaceAll("，", ",")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(Number);
}
