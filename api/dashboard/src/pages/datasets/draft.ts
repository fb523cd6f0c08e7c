/** What a new dataset shall be called, kept from the scan to the confirmation; a reload of the page does not lose it. */

export interface Draft {
  name: string;
  note: string;
}

const PLACE = "mo.dataset.draft.";
const EMPTY: Draft = { name: "", note: "" };

export function keepDraft(scan: string, draft: Draft): void {
  sessionStorage.setItem(PLACE + scan, JSON.stringify(draft));
}

export function dropDraft(scan: string): void {
  sessionStorage.removeItem(PLACE + scan);
}

export function draftOf(scan: string): Draft {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(PLACE + scan) ?? "null");
    if (typeof kept !== "object" || kept === null) return EMPTY;
    const text = (value: unknown) => (typeof value === "string" ? value : "");
    return {
      name: text("name" in kept ? kept.name : ""),
      note: text("note" in kept ? kept.note : ""),
    };
  } catch {
    return EMPTY;
  }
}
