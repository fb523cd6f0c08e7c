/** Whether a dataset can be used, in words and colour. */
import { Tag } from "antd";

import { useWords } from "../../words/say";
import { datasets } from "./words";

const COLOURS: Record<string, string> = { ready: "success", pending: "processing", failed: "error" };

export function DatasetState({ state }: { state: string }) {
  const { label } = useWords(datasets);
  return <Tag color={COLOURS[state] ?? "default"}>{label("dataset_state", state)}</Tag>;
}
