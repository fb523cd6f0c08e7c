/** Which decisions are shown, as it stands in the page's address. */
export const OUTCOMES = ["allowed", "denied", "failed"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface AuditSearch {
  outcome?: Outcome;
  actor?: string;
  cursor?: string;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function auditSearch(raw: Record<string, unknown>): AuditSearch {
  const outcome = OUTCOMES.find((each) => each === raw["outcome"]);
  const actor = typeof raw["actor"] === "string" && ID.test(raw["actor"]) ? raw["actor"] : undefined;
  const cursor = /^\d{1,18}$/.test(String(raw["cursor"])) ? String(raw["cursor"]) : undefined;
  return { ...(outcome ? { outcome } : {}), ...(actor ? { actor } : {}), ...(cursor ? { cursor } : {}) };
}
