/** One link to the server's events for all tabs of a browser: HTTP/1.1 allows six connections, tabs may be more. */
import { link, type Message } from "./link";

/** Hidden tabs may run their timers once a minute only. */
const SILENT_MS = 180_000;
const ports = new Map<MessagePort, number>();
let state: Message["state"] = "broken";
let close: (() => void) | null = null;

function tell(message: Message): void {
  state = message.state ?? state;
  for (const port of ports.keys()) port.postMessage(message);
}

/** Somebody listens; one that was given up, or slept, has missed what was told meanwhile. */
function hear(port: MessagePort, first: boolean): void {
  if (!ports.has(port)) {
    port.postMessage({ state });
    if (!first) port.postMessage({ resync: true });
  }
  ports.set(port, Date.now());
  close ??= link(tell);
}

/** Where nobody listens the server need not talk, and after signing out it may not. */
function leave(port: MessagePort): void {
  ports.delete(port);
  if (ports.size > 0) return;
  close?.();
  close = null;
  state = "broken";
}

// a tab that crashed says nothing any more
setInterval(() => {
  for (const [port, seen] of ports) if (Date.now() - seen > SILENT_MS) leave(port);
}, SILENT_MS / 3);

(self as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = (event) => {
  const port = event.ports[0];
  if (port === undefined) return;
  port.onmessage = (message: MessageEvent<string>) => (message.data === "bye" ? leave(port) : hear(port, false));
  hear(port, true);
};
