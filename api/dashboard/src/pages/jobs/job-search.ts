/** What the page of a job shows, as it stands in its address: the attempt, the levels of its log, the text looked for. */
import { type Level, LEVELS } from "./log-lines";

export interface JobSearch {
  attempt?: number;
  levels?: Level[];
  find?: string;
}

const FIND_CHARS_MAX = 200;

function isLevel(text: unknown): text is Level {
  return LEVELS.some((level) => level === text);
}

/** The part of an address that the page understands; the rest is left out. */
export function jobSearch(raw: Record<string, unknown>): JobSearch {
  const found: JobSearch = {};
  const attempt = Number(raw["attempt"]);
  if (Number.isInteger(attempt) && attempt > 0) found.attempt = attempt;
  const levels = Array.isArray(raw["levels"]) ? raw["levels"].filter(isLevel) : [];
  if (levels.length > 0) found.levels = LEVELS.filter((level) => levels.includes(level));
  if (typeof raw["find"] === "string" || typeof raw["find"] === "number") {
    const text = String(raw["find"]).slice(0, FIND_CHARS_MAX);
    if (text) found.find = text;
  }
  return found;
}
