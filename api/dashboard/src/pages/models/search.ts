/** Which part of a model's page is shown, as it stands in its address. */
export const TABS = ["about", "describe", "report"] as const;
export type Tab = (typeof TABS)[number];

export interface TronSearch {
  tab?: Tab;
  revision?: number;
}

export function tronSearch(raw: Record<string, unknown>): TronSearch {
  const tab = TABS.find((each) => each === raw["tab"]);
  const revision = Number(raw["revision"]);
  return {
    ...(tab && tab !== "about" ? { tab } : {}),
    ...(Number.isInteger(revision) && revision >= 1 ? { revision } : {}),
  };
}
