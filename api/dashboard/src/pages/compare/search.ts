/** What the comparison shows, as it stands in its address. */

export const TASKS_MAX = 50;
const TEXT_CHARS_MAX = 400;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const CHANGES = ["lost", "won"] as const;
export type Change = (typeof CHANGES)[number];
export const MEASURES = ["precision", "recall", "f1"] as const;
export type Measure = (typeof MEASURES)[number];
export const TIMES = ["preprocess_ms", "inference_ms", "postprocess_ms", "total_ms"] as const;
export type Time = (typeof TIMES)[number];

export interface CompareSearch {
  /** Ids of tests, joined by commas; a test's place among them is its look. */
  tasks?: string;
  base?: string;
  /** The class that the whole page is about; left out: all. */
  class?: string;
  /** Parameters in which the tests are the same are shown too. */
  all?: true;
  measure?: Measure;
  figure?: string;
  time?: Time;
  /** Changed images: of which test, task and kind; the image that is open, by its place, and the page it is on. */
  against?: string;
  task?: string;
  change?: Change;
  cursor?: string;
  image?: number;
}

type Raw = Record<string, unknown>;

function text(raw: Raw, key: string): string | undefined {
  const value = raw[key];
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  return String(value).slice(0, TEXT_CHARS_MAX) || undefined;
}

function oneOf<T extends string>(raw: Raw, key: string, known: readonly T[]): T | undefined {
  return known.find((each) => each === raw[key]);
}

/** The ids in a list with commas, each once; what is no id is left out. */
export function idsIn(tasks: string | undefined): string[] {
  const ids = (tasks ?? "").toLowerCase().split(",").map((each) => each.trim());
  return [...new Set(ids.filter((each) => ID.test(each)))].slice(0, TASKS_MAX);
}

export function compareSearch(raw: Raw): CompareSearch {
  const ids = idsIn(typeof raw["tasks"] === "string" ? raw["tasks"] : "");
  const own = (key: string) => ids.find((each) => each === raw[key]);
  const place = Number(raw["image"] ?? Number.NaN);
  return said({
    tasks: ids.join(","),
    base: own("base"),
    class: text(raw, "class"),
    all: raw["all"] === true || raw["all"] === "true" ? true : undefined,
    measure: oneOf(raw, "measure", MEASURES),
    figure: text(raw, "figure"),
    time: oneOf(raw, "time", TIMES),
    against: own("against"),
    task: text(raw, "task"),
    change: oneOf(raw, "change", CHANGES),
    cursor: text(raw, "cursor"),
    image: Number.isInteger(place) && place >= 0 ? place : undefined,
  });
}

/** Without the keys that say nothing. */
export function said(found: { [K in keyof CompareSearch]: CompareSearch[K] | undefined }): CompareSearch {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== ""));
}

/** The address with one more test, or with one less: what was chosen of the one that went is dropped with it. */
export function withTask(search: CompareSearch, id: string): CompareSearch {
  return said({ ...search, tasks: [...idsIn(search.tasks), id].join(",") });
}

export function withoutTask(search: CompareSearch, id: string): CompareSearch {
  const { cursor: _, image: __, ...kept } = search;
  return said({
    ...(search.against === id || search.base === id ? kept : search),
    tasks: idsIn(search.tasks).filter((each) => each !== id).join(","),
    base: search.base === id ? undefined : search.base,
    against: search.against === id ? undefined : search.against,
  });
}
