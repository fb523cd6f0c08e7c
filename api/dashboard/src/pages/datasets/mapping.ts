/** Which key answers which task: what may be chosen, and what was. */
import type { Schemas } from "../../api/client";

type Report = Schemas["ScanReport"];
type Pair = Schemas["Pair"];

/** The tool of the keys that answer the tasks of each kind of dataset (schemas/specs/mapping.py). */
const TOOLS: Record<Schemas["Wanted"]["kind"], string> = { classification: "radio", detection: "box", sequence: "text" };

export const BOXES_KEY = "boxes";

/** task -> key */
export type Chosen = Readonly<Record<string, string>>;

export function fittingKeys(report: Report): Schemas["PackageKey"][] {
  const wanted = report.wanted;
  return wanted === null ? [] : report.keys.filter((key) => key.tool === TOOLS[wanted.kind]);
}

export function chosenOf(pairs: readonly Pair[]): Chosen {
  return Object.fromEntries(pairs.map((pair) => [pair.task, pair.key]));
}

/** In the order of the tasks; those without a key are left out. */
export function pairsOf(tasks: readonly { name: string }[], chosen: Chosen): Pair[] {
  return tasks.flatMap(({ name }) => {
    const key = chosen[name];
    return key === undefined ? [] : [{ task: name, key }];
  });
}

/** The other task that uses a key already: then it cannot be chosen again. */
export function usedBy(chosen: Chosen, key: string, task: string): string | null {
  return Object.keys(chosen).find((other) => other !== task && chosen[other] === key) ?? null;
}

export function same(one: Chosen, other: Chosen): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** The names of a template document's sub-templates; none where it has none that can be read. */
export function subTemplatesOf(document: Record<string, unknown> | null | undefined): string[] {
  const subs = document?.["sub_templates"];
  if (!Array.isArray(subs)) return [];
  return subs.flatMap((sub: unknown) => {
    const name = typeof sub === "object" && sub !== null && "name" in sub ? sub.name : null;
    return typeof name === "string" ? [name] : [];
  });
}
