/** What the list of structures shows, as it stands in the page's address. */
import { type ListSearch, listSearch } from "../../kit/list-search";

export interface StructureSearch extends ListSearch {
  certified?: "true" | "false";
}

export function structureSearch(raw: Record<string, unknown>): StructureSearch {
  const certified = String(raw["certified"]);
  return { ...listSearch(raw), ...(certified === "true" || certified === "false" ? { certified } : {}) };
}
