/** What the tests' pages show, as it stands in their addresses. */
import type { Schemas } from "../../api/client";
import { type ListSearch, listSearch } from "../../kit/list-search";

export const STATES = ["queued", "running", "completed", "failed", "cancelled", "quarantined"] as const;
export type JobState = (typeof STATES)[number];
export const TABS = ["result", "images", "slices", "about"] as const;
export type Tab = (typeof TABS)[number];
export const OUTCOMES = ["right", "wrong", "tp", "fp", "fn"] as const;
export type Outcome = (typeof OUTCOMES)[number];

const TEXT_CHARS_MAX = 400;
const CHOSEN_MAX = 50;

export interface TestsSearch extends ListSearch {
  state?: JobState;
  subject_id?: string;
  dataset_id?: string;
  /** Ticked tests, joined by commas: they survive paging and searching. */
  chosen?: string;
}

export interface ResultSearch {
  tab?: Tab;
  task?: string;
  /** The score from which on boxes count; left out: the test's own. */
  threshold?: number;
  outcome?: Outcome;
  /** True and found class: both are a cell of the confusion matrix. */
  class?: string;
  found?: string;
  slice?: string;
  search?: string;
  cursor?: string;
  /** Classes whose curves are drawn: their places, joined by commas; left out: those with most objects. */
  curves?: string;
  /** The image that is open. */
  image?: number;
}

/** Another tab of the same result: what was chosen in the others is kept, but for the place in the images. */
export function onTab({ tab: _, cursor: __, image: ___, ...kept }: ResultSearch, tab: Tab): ResultSearch {
  return tab === "result" ? kept : { ...kept, tab };
}

export interface NewSearch {
  /** The test that is done once more with changes. */
  clone?: string;
  model?: string;
  dataset?: string;
  /** A quick check of images from this machine. */
  quick?: true;
}

type Raw = Record<string, unknown>;

function text(raw: Raw, key: string): string {
  const value = raw[key];
  return typeof value === "string" || typeof value === "number" ? String(value).slice(0, TEXT_CHARS_MAX) : "";
}

function number(raw: Raw, key: string, low: number, high: number): number | null {
  const value = Number(text(raw, key) || Number.NaN);
  return Number.isFinite(value) && value >= low && value <= high ? value : null;
}

function oneOf<T extends string>(raw: Raw, key: string, known: readonly T[]): T | undefined {
  return known.find((each) => each === raw[key]);
}

/** Without the keys that say nothing. */
function said<T extends object>(found: { [K in keyof T]: T[K] | undefined | null | "" }): T {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== null && value !== "")) as T;
}

export function chosenIds(chosen: string | undefined): string[] {
  return [...new Set((chosen ?? "").split(",").filter((each) => each !== ""))].slice(0, CHOSEN_MAX);
}

export function testsSearch(raw: Raw): TestsSearch {
  return {
    ...listSearch(raw),
    ...said<TestsSearch>({
      state: oneOf(raw, "state", STATES),
      subject_id: text(raw, "subject_id"),
      dataset_id: text(raw, "dataset_id"),
      chosen: chosenIds(typeof raw["chosen"] === "string" ? raw["chosen"] : "").join(","),
    }),
  };
}

export function resultSearch(raw: Raw): ResultSearch {
  return said<ResultSearch>({
    tab: oneOf(raw, "tab", TABS),
    task: text(raw, "task"),
    threshold: number(raw, "threshold", 0, 1),
    outcome: oneOf(raw, "outcome", OUTCOMES),
    class: text(raw, "class"),
    found: text(raw, "found"),
    slice: text(raw, "slice"),
    search: text(raw, "search"),
    cursor: text(raw, "cursor"),
    curves: text(raw, "curves"),
    image: number(raw, "image", 0, Number.MAX_SAFE_INTEGER),
  });
}

export function newSearch(raw: Raw): NewSearch {
  const quick = raw["quick"] === true || raw["quick"] === "true" ? true : undefined;
  return said<NewSearch>({ clone: text(raw, "clone"), model: text(raw, "model"), dataset: text(raw, "dataset"), quick });
}

/** What the API is asked of a test's images. */
export function imagesAsked({ task, outcome, class: of, found, slice, search, cursor }: ResultSearch) {
  return said<{
    task?: string;
    outcome?: Outcome;
    class?: string;
    found?: string;
    slice?: string;
    search?: string;
    cursor?: string;
  }>({ task, outcome, class: of, found, slice, search, cursor });
}

/** A cell of a confusion matrix as images: what was said of a class, missed objects, objects out of nothing. */
export function cellSearch(
  task: string,
  row: string | null,
  column: string | null,
  kind: "classes" | "boxes",
): Pick<ResultSearch, "tab" | "task" | "class" | "found" | "outcome"> {
  const here = { tab: "images", task } as const;
  if (kind === "classes") return { ...here, ...said<ResultSearch>({ class: row, found: column }) };
  if (column === null) return { ...here, outcome: "fn", ...said<ResultSearch>({ class: row }) };
  if (row === null) return { ...here, outcome: "fp", ...said<ResultSearch>({ found: column }) };
  return { ...here, class: row, found: column };
}

export type Test = Schemas["Test"];
