/** The link to the server's events, opened again by itself when the server refuses it or goes away. */
export interface Message {
  state?: "open" | "broken";
  happened?: unknown;
  resync?: boolean;
}

const AGAIN_MS = 3_000;

/** Opens the link and tells what comes by it; the answer closes it. */
export function link(tell: (message: Message) => void): () => void {
  let source: EventSource;
  let again: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource("/api/v1/stream");
    source.onopen = () => tell({ state: "open" });
    source.onerror = () => {
      tell({ state: "broken" });
      // a refusal ends it for good: nobody is signed in, or the server is only coming up
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
    };
    source.onmessage = (event: MessageEvent<string>) => tell({ happened: JSON.parse(event.data) as unknown });
    source.addEventListener("resync", () => tell({ resync: true }));
  };
  open();
  return () => {
    clearTimeout(again);
    source.close();
  };
}
