/** Whether what is shown is of now: how far the read models are behind the log, and whether the servers behind the API answer. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import type { Schemas } from "./client";

export type Health = Schemas["Health"];

const LOOK_MS = 15_000;
const LOOK_AGAIN_MS = 2_000;

/** The answer, also where it says "not ready" (503); throws where nobody answers. */
export async function readiness(): Promise<Health> {
  const lang = document.documentElement.lang.startsWith("en") ? "en" : "zh";
  const answer = await fetch("/readyz", { headers: { "Accept-Language": lang }, cache: "no-store" });
  return (await answer.json()) as Health;
}

export function useHealth() {
  return useQuery({
    queryKey: ["health"],
    queryFn: readiness,
    retry: false,
    refetchInterval: (query) => (calm(query.state.data) && query.state.error === null ? LOOK_MS : LOOK_AGAIN_MS),
  });
}

function calm(health: Health | undefined): boolean {
  return health === undefined || (health.ready && !health.stale);
}

export type Freshness =
  | { kind: "fresh" }
  | { kind: "late"; seconds: number; why: string }
  | { kind: "unready"; parts: string[] }
  | { kind: "away" };

/** What the shell says of the data. */
export function freshnessOf(health: Health | undefined, failed: boolean): Freshness {
  if (failed) return { kind: "away" };
  if (health === undefined) return { kind: "fresh" };
  if (!health.ready) {
    const parts = [...(health.kafka ? [] : ["Kafka"]), ...(health.postgres ? [] : ["PostgreSQL"])];
    return { kind: "unready", parts };
  }
  if (health.stale) {
    return { kind: "late", seconds: Math.max(1, Math.round(health.lag_seconds)), why: health.projector_message };
  }
  return { kind: "fresh" };
}

/** How fresh the data are; everything is read again when they have caught up. */
export function useFreshness(): Freshness {
  const client = useQueryClient();
  const health = useHealth();
  const found = freshnessOf(health.data, health.isError);
  const was = useRef(found.kind);
  useEffect(() => {
    if (was.current !== "fresh" && found.kind === "fresh") {
      void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "health" });
    }
    was.current = found.kind;
  }, [client, found.kind]);
  return found;
}
