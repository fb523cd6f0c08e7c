/** What the datasets' pages keep in their addresses. */

export const TABS = ["preview", "figures", "ledger", "tests", "versions"] as const;
export type Tab = (typeof TABS)[number];

export interface DatasetSearch {
  tab?: Tab;
  version?: string;
  class?: string;
  attribute?: string;
  search?: string;
  /** Where the page of images (or of what was left out) begins. */
  from?: string;
  /** The image that is looked at. */
  record?: number;
  /** The pixels alone, without boxes. */
  raw?: boolean;
  code?: string;
  /** Where the page of tests begins. */
  cursor?: string;
  /** The tests that are ticked, for a comparison. */
  chosen?: string[];
}

export interface NewSearch {
  scan?: string;
  /** The dataset that gets another version. */
  dataset?: string;
}

type Raw = Record<string, unknown>;
const TEXTS = ["version", "class", "attribute", "search", "code", "cursor"] as const;
const TEXT_CHARS_MAX = 1000;
const CHOSEN_MAX = 50;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const text = (value: unknown) =>
  (typeof value === "string" || typeof value === "number") && value !== "" ? String(value).slice(0, TEXT_CHARS_MAX) : null;
const id = (value: unknown) => (typeof value === "string" && ID.test(value) ? value : null);

export function datasetSearch(raw: Raw): DatasetSearch {
  const found: DatasetSearch = {};
  const tab = TABS.find((each) => each === raw["tab"]);
  if (tab) found.tab = tab;
  for (const name of TEXTS) {
    const value = text(raw[name]);
    if (value !== null) found[name] = value;
  }
  const from = text(raw["from"]);
  if (from !== null && /^\d{1,9}$/.test(from)) found.from = from;
  const record = raw["record"];
  if (typeof record === "number" && Number.isInteger(record) && record >= 0) found.record = record;
  if (raw["raw"] === true) found.raw = true;
  const chosen = raw["chosen"];
  if (Array.isArray(chosen)) {
    const ids = [...new Set(chosen.map(id).filter((each) => each !== null))].slice(0, CHOSEN_MAX);
    if (ids.length) found.chosen = ids;
  }
  return found;
}

export function newSearch(raw: Raw): NewSearch {
  const scan = id(raw["scan"]);
  const dataset = id(raw["dataset"]);
  return { ...(scan ? { scan } : {}), ...(dataset ? { dataset } : {}) };
}

/** The address after a change; what is null, false or empty leaves it. */
export function changed(search: DatasetSearch, by: { [Key in keyof DatasetSearch]?: DatasetSearch[Key] | null }): DatasetSearch {
  const merged = Object.entries({ ...search, ...by });
  const empty = (value: unknown) =>
    value === null || value === undefined || value === false || value === "" || (Array.isArray(value) && !value.length);
  return datasetSearch(Object.fromEntries(merged.filter(([, value]) => !empty(value))));
}
