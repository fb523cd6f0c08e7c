/** What was made of a thing or works on it, each with its page. */
import { List, Tag, Typography } from "antd";

import type { Schemas } from "../api/client";
import { useWords } from "../words/say";
import { Linked } from "./linked";

export function DependentList({ found, none }: { found: Schemas["Dependents"]; none: string }) {
  const { say, label } = useWords();
  const shown = found.items.length;
  const all = Object.values(found.counts).reduce((sum, count) => sum + count, 0);
  if (shown === 0) return <Typography.Text type="secondary">{none}</Typography.Text>;
  return (
    <>
      <List
        size="small"
        dataSource={found.items}
        renderItem={(each) => (
          <List.Item>
            <span className="related">
              <Tag style={{ marginInlineEnd: 8 }}>{label("noun", each.noun)}</Tag>
              <Linked to={{ ...each, deleted: false }} />
            </span>
          </List.Item>
        )}
      />
      {all > shown ? <Typography.Text type="secondary">{say("dependents.more", { count: all - shown })}</Typography.Text> : null}
    </>
  );
}
