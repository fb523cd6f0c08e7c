/** The comparison that an address asks for, for its page and for whoever knows that the page is about to come. */
import { queryOptions } from "@tanstack/react-query";

import { api, body } from "../../api/client";
import type { Lang } from "../../words/table";
import { type CompareSearch, idsIn } from "./search";

export function comparisonQuery(search: Pick<CompareSearch, "tasks" | "base">, lang: Lang) {
  const ids = idsIn(search.tasks);
  const base = search.base ?? ids[0];
  return queryOptions({
    queryKey: ["tests", "comparison", search.tasks, base, lang],
    queryFn: () =>
      body(api.GET("/api/v1/comparisons", { params: { query: { tests: ids.join(","), ...(base ? { base } : {}) } } })),
    enabled: ids.length > 0,
  });
}
