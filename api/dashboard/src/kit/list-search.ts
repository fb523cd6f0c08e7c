/** What a list shows, as it stands in the page's address. */
export interface ListSearch {
  mine?: boolean;
  search?: string;
  cursor?: string;
}

export const SEARCH_CHARS_MAX = 200;

/** The part of an address that a list understands; the rest is left out. */
export function listSearch(raw: Record<string, unknown>): ListSearch {
  const found: ListSearch = {};
  if (raw["mine"] === true || raw["mine"] === "true") found.mine = true;
  if (typeof raw["search"] === "string" || typeof raw["search"] === "number") {
    const text = String(raw["search"]).slice(0, SEARCH_CHARS_MAX);
    if (text) found.search = text;
  }
  if (typeof raw["cursor"] === "string" || typeof raw["cursor"] === "number") found.cursor = String(raw["cursor"]);
  return found;
}
