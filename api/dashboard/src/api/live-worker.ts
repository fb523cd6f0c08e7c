/** One link to the server's events for all tabs of a browser: HTTP/1.1 allows six connections, tabs may be more. */
export {};

const ports = new Map<MessagePort, number>();
const SILENT_MS = 40_000;
let state = "broken";

function tell(message: unknown): void {
  for (const port of ports.keys()) port.postMessage(message);
}

function change(next: string): void {
  state = next;
  tell({ state });
}

const source = new EventSource("/api/v1/stream");
source.onopen = () => change("open");
source.onerror = () => change("broken");
source.onmessage = (event: MessageEvent<string>) => tell({ happened: JSON.parse(event.data) as unknown });
source.addEventListener("resync", () => tell({ resync: true }));

// a tab that crashed says nothing any more
setInterval(() => {
  for (const [port, seen] of ports) if (Date.now() - seen > SILENT_MS) ports.delete(port);
}, SILENT_MS / 2);

(self as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = (event) => {
  const port = event.ports[0];
  if (port === undefined) return;
  ports.set(port, Date.now());
  port.onmessage = (message: MessageEvent<string>) => {
    if (message.data === "bye") ports.delete(port);
    else ports.set(port, Date.now());
  };
  port.postMessage({ state });
};
