/** The state of a job, in words and colour; never by colour alone. */
import { Tag } from "antd";

import { useWords } from "../words/say";

const COLOURS: Record<string, string> = {
  queued: "default",
  running: "processing",
  completed: "success",
  failed: "error",
  quarantined: "error",
  cancelled: "warning",
};

export function State({ state }: { state: string }) {
  const { label } = useWords();
  return <Tag color={COLOURS[state] ?? "default"}>{label("state", state)}</Tag>;
}
