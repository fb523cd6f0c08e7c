/** Whether a structure is certified, in words and colour. */
import { Tag } from "antd";

import { useWords } from "../../words/say";
import { structures } from "./words";

export function Certified({ certified }: { certified: boolean }) {
  const { say } = useWords(structures);
  return <Tag color={certified ? "success" : "default"}>{say(certified ? "certified.true" : "certified.false")}</Tag>;
}
