/** What happens on the server, as it happens: lists and things that it touches are read again. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { readAfter } from "./client";
import { link } from "./link";
import { progressed, type Told } from "./progress";

export type LiveState = "open" | "broken";

/** What the stream says of one event (see api/resources.py:Happened). */
export interface Happened {
  topics: string[];
  name: string;
  ids: string[];
  position: string;
  time: string;
  data: Record<string, unknown>;
}
interface Message {
  state?: LiveState;
  happened?: Happened;
  resync?: boolean;
}

const BEAT_MS = 15_000;
const GATHER_MS = 250;
/** What was read before the link stood is read once more, when the page that asked for it can be used. */
const FIRST_MS = 2_000;

/** The queries that an event touches begin with one of these: its topics. Queries are keyed [topic, ...]. */
export function touched(key: readonly unknown[], topics: ReadonlySet<string>): boolean {
  return typeof key[0] === "string" && topics.has(key[0]);
}

function listen(take: (message: Message) => void): () => void {
  if ("SharedWorker" in globalThis) {
    const worker = new SharedWorker(new URL("./live-worker.ts", import.meta.url), { type: "module", name: "mo-live" });
    worker.port.onmessage = (event: MessageEvent<Message>) => take(event.data);
    worker.port.start();
    const beat = setInterval(() => worker.port.postMessage("here"), BEAT_MS);
    const bye = () => worker.port.postMessage("bye");
    addEventListener("pagehide", bye);
    return () => {
      clearInterval(beat);
      removeEventListener("pagehide", bye);
      bye();
    };
  }
  return link((message) => take(message as Message));
}

/** Gathers what happens for a moment, so that a burst of events is one reading. */
export class Gathering {
  private topics = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: Pick<QueryClient, "invalidateQueries">,
    private readonly wait_ms: number = GATHER_MS,
  ) {}

  add(topics: Iterable<string>): void {
    for (const topic of topics) this.topics.add(topic);
    this.timer ??= setTimeout(() => this.read(), this.wait_ms);
  }

  everything(): void {
    void this.client.invalidateQueries();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private read(): void {
    const topics = this.topics;
    this.topics = new Set();
    this.timer = undefined;
    void this.client.invalidateQueries({ predicate: (query) => touched(query.queryKey, topics) });
  }
}

/** Puts progress into everything that was read of the job; whether something has to be read again for it. */
export function patch(client: Pick<QueryClient, "getQueryCache">, happened: Happened): boolean {
  const told = happened.data as unknown as Told;
  let behind = false;
  for (const query of client.getQueryCache().getAll()) {
    const before: unknown = query.state.data;
    const outcome = progressed(before, told, happened.time);
    behind ||= outcome.behind;
    if (outcome.data !== before) query.setData(outcome.data);
  }
  return behind;
}

/** What a message changes in what is shown. */
function take(client: QueryClient, gathering: Gathering, happened: Happened): void {
  if (happened.topics.includes("progress")) {
    if (patch(client, happened)) gathering.add(["jobs", "tests"]);
    return;
  }
  readAfter(happened.position);
  gathering.add(happened.topics);
}

/** Keeps what is shown true; whether the link stands. After a break everything is read again. */
export function useLive(): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("broken");
  useEffect(() => {
    const gathering = new Gathering(client);
    let was: LiveState | null = null;
    let first: ReturnType<typeof setTimeout> | undefined;
    const stop = listen((message) => {
      if (message.state !== undefined) {
        if (message.state === "open" && first === undefined) first = setTimeout(() => gathering.everything(), FIRST_MS);
        else if (message.state === "open" && was === "broken") gathering.everything();
        // a link that breaks may be a session that ended
        if (message.state === "broken" && was === "open") void client.invalidateQueries({ queryKey: ["session"] });
        was = message.state;
        setState(message.state);
      }
      if (message.resync) gathering.everything();
      if (message.happened !== undefined) take(client, gathering, message.happened);
    });
    return () => {
      clearTimeout(first);
      gathering.end();
      stop();
    };
  }, [client]);
  return state;
}
