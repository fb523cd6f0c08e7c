/** What was read of the API, for all pages. */
import { QueryClient } from "@tanstack/react-query";

import { OfflineError, ProblemError } from "../api/client";

const STALE_MS = 30_000;
const RETRIES_MAX = 2;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      retry: (failures, error) => !(error instanceof ProblemError) && failures < RETRIES_MAX,
      refetchInterval: (query) => (query.state.error instanceof OfflineError ? STALE_MS / 6 : false),
    },
  },
});
