/** A job's log as lines: their level, which of them are one progress bar, and when each stage began. */

export type Level = "debug" | "info" | "warning" | "error";
export const LEVELS: readonly Level[] = ["debug", "info", "warning", "error"];

/** The page keeps so many lines; the whole log can be downloaded. */
export const LINES_MAX = 2000;

/** One line; `number` counts from 0 within the attempt. `times` lines that only moved a progress bar are one. */
export interface Line {
  number: number;
  text: string;
  level: Level;
  times: number;
}

/** What is known of a log: texts by number, in order; `missing` lines between them were not told. */
export interface Log {
  first: number;
  texts: readonly string[];
  missing: number;
}

export const EMPTY: Log = { first: 0, texts: [], missing: 0 };

/** A whole log; of a long one its end. */
export function whole(text: string): Log {
  const texts = text.split("\n");
  if (texts.at(-1) === "") texts.pop();
  const first = Math.max(0, texts.length - LINES_MAX);
  return { first, texts: texts.slice(first), missing: 0 };
}

/** The log with more lines at its end; those that it has already are not taken twice. */
export function withMore(log: Log, first: number, lines: readonly string[]): Log {
  const begun = log.texts.length > 0;
  const next = log.first + log.texts.length + log.missing;
  const known = begun ? Math.max(0, next - first) : 0;
  const added = lines.slice(known);
  if (added.length === 0) return log;
  const gap = Math.max(0, first - next);
  const texts = [...log.texts, ...added];
  const cut = Math.max(0, texts.length - LINES_MAX);
  return {
    first: begun ? log.first + cut : first,
    texts: texts.slice(cut),
    missing: begun ? log.missing + gap : 0,
  };
}

const GLOG: Record<string, Level> = { D: "debug", I: "info", W: "warning", E: "error", F: "error" };
const NAMED: readonly [RegExp, Level][] = [
  [/\b(ERROR|CRITICAL|FATAL)\b|^\w*(Error|Exception)\b|\bJobFailed$/, "error"],
  [/\b(WARN|WARNING)\b|\w+Warning\b/, "warning"],
  [/\bDEBUG\b/, "debug"],
];
const BEGINNING_CHARS = 120;
const TRACE = /^Traceback \(most recent call last\)/;
const BAR = /\d+%\||\d+(\.\d+)?\s?(it|B|KB|MB)\/s|\b\d+\/\d+ \[/;

/** The level that a line says of itself; a line that says none is information. */
export function levelOf(text: string): Level {
  const glog = /^([DIWEF])\d{4} \d\d:/.exec(text)?.[1];
  if (glog !== undefined) return GLOG[glog] ?? "info";
  const beginning = text.slice(0, BEGINNING_CHARS);
  return NAMED.find(([pattern]) => pattern.test(beginning))?.[1] ?? "info";
}

/** The lines with their levels; a traceback is an error to its end, and a bar that moves is one line. */
export function linesOf(log: Log): Line[] {
  const lines: Line[] = [];
  let tracing = false;
  log.texts.forEach((text, index) => {
    if (TRACE.test(text)) tracing = true;
    const level = tracing ? "error" : levelOf(text);
    if (tracing && !/^(\s|Traceback|$)/.test(text)) tracing = false;
    const last = lines.at(-1);
    if (last !== undefined && BAR.test(text) && BAR.test(last.text)) {
      lines[lines.length - 1] = { number: log.first + index, text, level, times: last.times + 1 };
    } else {
      lines.push({ number: log.first + index, text, level, times: 1 });
    }
  });
  return lines;
}

/** The lines of these levels with this text in them; no level chosen means all. */
export function chosen(lines: readonly Line[], levels: readonly Level[], find: string): Line[] {
  const wanted = find.toLowerCase();
  return lines.filter(
    (line) =>
      (levels.length === 0 || levels.includes(line.level)) && (!wanted || line.text.toLowerCase().includes(wanted)),
  );
}

export interface Stage {
  name: string;
  began: Date;
  /** Until the next stage, or the end; null while it goes on. */
  seconds: number | null;
}

const BEGINS = /^\[mo\] (\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d UTC: attempt/;
const STAGE = /^\[mo\] (\d\d):(\d\d):(\d\d) ([\w-]{1,40})$/;
const DAY_MS = 86_400_000;

/** The stages that the agent's own lines tell of, with their times; `fallback` is the day where no line says it. */
export function stagesOf(texts: readonly string[], fallback: Date, ended: Date | null): Stage[] {
  let day = Date.UTC(fallback.getUTCFullYear(), fallback.getUTCMonth(), fallback.getUTCDate());
  let before = 0;
  const begun: { name: string; at: number }[] = [];
  for (const text of texts) {
    const date = BEGINS.exec(text)?.[1];
    if (date !== undefined) day = Date.parse(`${date}T00:00:00Z`);
    const found = STAGE.exec(text);
    if (found === null) continue;
    const [hours, minutes, seconds] = [found[1], found[2], found[3]].map(Number) as [number, number, number];
    let at = day + ((hours * 60 + minutes) * 60 + seconds) * 1000;
    if (at < before - DAY_MS / 2) {
      day += DAY_MS;
      at += DAY_MS;
    }
    before = at;
    begun.push({ name: found[4] ?? "", at });
  }
  return begun
    .map(({ name, at }, index) => {
      const end = begun[index + 1]?.at ?? ended?.getTime();
      return { name, began: new Date(at), seconds: end === undefined ? null : Math.max(0, (end - at) / 1000) };
    })
    .filter((stage) => stage.name !== "done");
}
