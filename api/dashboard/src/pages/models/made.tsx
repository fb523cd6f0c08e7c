/** How far a model is: whether it has a file, and whether that can run; in words and colour. */
import { Tag } from "antd";

import { useWords } from "../../words/say";
import type { Tron } from "./calls";
import { models } from "./words";

const COLOURS: Record<string, string> = { ready: "success", pending: "processing", failed: "error", unusable: "warning" };

export function Made({ tron }: { tron: Tron }) {
  const { label } = useWords(models);
  const code = tron.state === "ready" && tron.unusable ? "unusable" : tron.state;
  return <Tag color={COLOURS[code] ?? "default"}>{label("made", code)}</Tag>;
}
