/** A link to a thing that the API names by noun and id; what was deleted says so. */
import { Link } from "@tanstack/react-router";

import type { Schemas } from "../api/client";
import { useWords } from "../words/say";
import { short } from "./shown";

const PLACES: Record<string, (id: string) => string> = {
  pth: (id) => `/models/pth/${id}`,
  tron: (id) => `/models/trons/${id}`,
  template: (id) => `/templates/${id}`,
  structure: (id) => `/structures/${id}`,
  dataset: (id) => `/datasets/${id}`,
  test: (id) => `/tests/${id}`,
  parity: (id) => `/parities/${id}`,
  quick_check: (id) => `/quick-checks/${id}`,
  scan: (id) => `/jobs/${id}`,
  job: (id) => `/jobs/${id}`,
};

/** The address of a thing's page; null: it has none. */
export function placeOf(noun: string, id: string | null): string | null {
  return id === null ? null : (PLACES[noun]?.(id) ?? null);
}

/** A link with text beside it is told apart by more than its colour. */
const UNDERLINED = { textDecoration: "underline" };

export function Linked({ to }: { to: Schemas["Linked"] }) {
  const { say } = useWords();
  const place = placeOf(to.noun, to.id);
  const name = to.name || (to.id === null ? "" : short(to.id));
  return (
    <>
      {place === null ? name : <Link to={place} style={to.deleted ? UNDERLINED : undefined}>{name}</Link>}
      {to.deleted ? `（${say("thing.deleted")}）` : null}
    </>
  );
}
