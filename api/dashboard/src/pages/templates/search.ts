/** What the templates' pages show, as it stands in their addresses. */
import type { Mode } from "./editor";

export interface TemplateSearch {
  edit?: true;
  mode?: Mode;
}
export interface DiffSearch {
  a?: string;
  b?: string;
}

export function templateSearch(raw: Record<string, unknown>): TemplateSearch {
  const mode = raw["mode"] === "code" ? ({ mode: "code" } as const) : {};
  return raw["edit"] === true || raw["edit"] === "true" ? { edit: true, ...mode } : mode;
}

export function diffSearch(raw: Record<string, unknown>): DiffSearch {
  const found: DiffSearch = {};
  if (typeof raw["a"] === "string" && raw["a"]) found.a = raw["a"];
  if (typeof raw["b"] === "string" && raw["b"]) found.b = raw["b"];
  return found;
}
