/** The log of a job's attempt: told line by line while it runs and somebody looks, read whole when it has ended. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { api, body, ProblemError } from "../../api/client";
import type { Happened } from "../../api/live";
import { EMPTY, type Log, whole, withMore } from "./log-lines";

interface Told {
  epoch: number;
  log: Log;
}

const NOTHING: Told = { epoch: 0, log: EMPTY };

/** What one message adds; a newer attempt begins anew, an older one adds nothing. */
export function taken(told: Told, happened: Happened): Told {
  const { epoch, first_line: first, lines } = happened.data as { epoch: number; first_line: number; lines: string[] };
  if (epoch < told.epoch) return told;
  const log = withMore(epoch > told.epoch ? EMPTY : told.log, first, lines);
  return log === told.log ? told : { epoch, log };
}

/** A link of its own, only while the page can be seen: a browser has few connections for all its tabs. */
function follow(id: string, take: (happened: Happened) => void): () => void {
  let source: EventSource | null = null;
  const open = () => {
    if (document.hidden || source !== null) return;
    source = new EventSource(`/api/v1/stream?topics=logs&entity=${id}&recent=true`);
    source.onmessage = (event: MessageEvent<string>) => take(JSON.parse(event.data) as Happened);
  };
  const close = () => {
    source?.close();
    source = null;
  };
  const look = () => (document.hidden ? close() : open());
  open();
  document.addEventListener("visibilitychange", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    close();
  };
}

function useTold(id: string, running: boolean): Told {
  const [told, setTold] = useState<Told>(NOTHING);
  useEffect(() => {
    if (!running) return;
    return follow(id, (happened) => setTold((before) => taken(before, happened)));
  }, [id, running]);
  return told;
}

async function read(id: string, attempt: number): Promise<Log> {
  const params = { path: { id }, query: { attempt } };
  return whole(await body(api.GET("/api/v1/jobs/{id}/log", { params, parseAs: "text" })));
}

export interface Shown {
  log: Log;
  live: boolean;
  error: Error | null;
  loading: boolean;
}

/** The attempt's log; `kept` are the attempts whose log can be read whole. */
export function useLog(id: string, attempt: number, kept: readonly number[], running: boolean): Shown {
  const told = useTold(id, running);
  const has = kept.includes(attempt);
  const found = useQuery({ queryKey: ["log", id, attempt], queryFn: () => read(id, attempt), enabled: has, staleTime: Infinity });
  if (has && found.data !== undefined) return { log: found.data, live: false, error: null, loading: false };
  const log = told.epoch === attempt ? told.log : EMPTY;
  const error = found.error instanceof ProblemError || found.isError ? found.error : null;
  return { log, live: running && told.epoch <= attempt, error, loading: has && found.isPending };
}
