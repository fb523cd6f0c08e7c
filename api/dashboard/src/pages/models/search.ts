/** Which part of a model's page is shown, as it stands in its address. */
export const TABS = ["about", "describe", "graph", "report"] as const;
export type Tab = (typeof TABS)[number];

export interface TronSearch {
  tab?: Tab;
  revision?: number;
  /** Which of the file's graphs, from 0. */
  graph?: number;
}

export function tronSearch(raw: Record<string, unknown>): TronSearch {
  const tab = TABS.find((each) => each === raw["tab"]);
  const revision = Number(raw["revision"]);
  const graph = Number(raw["graph"]);
  return {
    ...(tab && tab !== "about" ? { tab } : {}),
    ...(Number.isInteger(revision) && revision >= 1 ? { revision } : {}),
    ...(Number.isInteger(graph) && graph >= 1 ? { graph } : {}),
  };
}
