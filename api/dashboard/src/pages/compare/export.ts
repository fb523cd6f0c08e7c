/** The comparison as a file: the API's JSON, or its figures as CSV or Markdown. Pure. */
import type { Schemas } from "../../api/client";
import type { Run } from "../../kit/charts/options";
import { baseFirst, keysOf, told, valueText } from "./figures";

export const FORMATS = ["csv", "md", "json"] as const;
export type Format = (typeof FORMATS)[number];
export const MEDIA: Record<Format, string> = {
  csv: "text/csv;charset=utf-8",
  md: "text/markdown;charset=utf-8",
  json: "application/json",
};

type Comparison = Schemas["Comparison"];

export interface Words {
  test: string;
  base: string;
  figure: (key: string) => string;
  verdict: (code: string) => string;
}

/** What spreadsheets would take for a formula begins with an apostrophe; a number stays one. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What others wrote makes no columns, tags or links. */
export function markdownCell(text: string): string {
  return text.replace(/[\n\t]/g, " ").replace(/[\\|<>[\]`*_]/g, (sign) => `\\${sign}`);
}

/** One row a test and figure, in full digits: for programs. */
export function csvOf(data: Comparison): string {
  const head = ["test", "model", "version", "precision", "backend", "on_platform", "dataset", "base"];
  const figures = ["figure", "value", "low", "high", "delta", "difference", "difference_low", "difference_high", "verdict"];
  const rows = data.tests.flatMap(({ test, ...row }) => {
    const { used } = test;
    const own = [test.id, test.model, test.version, used?.precision ?? test.precision, used?.backend ?? test.backend];
    const more = [String(used?.on_platform ?? ""), test.dataset, String(test.id === data.base)];
    return Object.entries(row.figures).map(([key, value]) => {
      const [around, verdict] = [row.intervals[key], row.verdicts[key]];
      const numbers = [value, around?.low, around?.high, row.delta[key], verdict?.difference, verdict?.low, verdict?.high];
      return [...own, ...more, key, ...numbers.map((each) => String(each ?? "")), verdict?.code ?? ""];
    });
  });
  return [[...head, ...figures], ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

/** The table as people read it, with what keeps rows from comparing fairly below. */
export function markdownOf(data: Comparison, runs: readonly Run[], words: Words): string {
  const base = data.tests.find((each) => each.test.id === data.base);
  if (base === undefined) return "";
  const nameOf = (id: string) => runs.find((each) => each.key === id)?.name ?? id;
  const keys = keysOf(data.tests, false);
  const rows = baseFirst(data.tests, data.base).map((row) => {
    const name = row === base ? `${nameOf(row.test.id)} (${words.base})` : nameOf(row.test.id);
    const cells = keys.map((key) => {
      const beside = row === base ? null : told(key, row, base);
      const verdict = beside?.verdict ? words.verdict(beside.verdict.code) : "";
      return [valueText(key, row.figures[key]), beside?.difference, beside?.interval, verdict].filter((each) => each).join(" ");
    });
    return [name, ...cells];
  });
  const line = (cells: readonly string[]) => `| ${cells.map(markdownCell).join(" | ")} |`;
  const head = [words.test, ...keys.map(words.figure)];
  const notes = data.tests.flatMap((row) => row.messages.map((each) => `- ${markdownCell(`${nameOf(row.test.id)}: ${each}`)}`));
  const table = [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
  return `${[table, notes.join("\n")].filter((each) => each !== "").join("\n\n")}\n`;
}
