/** Whether the page is live, in words: the link to the server, and how old the data are. */
import { Badge } from "antd";

import { type Freshness, useFreshness } from "../api/fresh";
import { type LiveState, useLive } from "../api/live";
import { type SharedSay, useWords } from "../words/say";

interface Told {
  status: "success" | "warning" | "error";
  text: string;
  why: string;
}

/** The worst that is known: nobody answers, a server behind the API is away, the data are late, the link is down. */
export function toldOf(link: LiveState, fresh: Freshness, say: SharedSay): Told {
  if (fresh.kind === "away") return { status: "error", text: say("live.broken"), why: "" };
  if (fresh.kind === "unready") {
    return { status: "error", text: say("live.unready", { parts: fresh.parts.join(", ") }), why: "" };
  }
  if (fresh.kind === "late") {
    return { status: "warning", text: say("live.late", { seconds: fresh.seconds }), why: fresh.why };
  }
  return { status: link === "open" ? "success" : "error", text: say(`live.${link}`), why: "" };
}

export function Live() {
  const { say } = useWords();
  const { status, text, why } = toldOf(useLive(), useFreshness(), say);
  return (
    <span role="status" title={why}>
      <Badge status={status} text={text} />
    </span>
  );
}
