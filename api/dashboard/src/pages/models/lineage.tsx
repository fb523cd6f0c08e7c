/** What a thing was made of, and what was made of it; each with its page. */
import { useQuery } from "@tanstack/react-query";
import { Col, List, Row, Spin, Tag, Typography } from "antd";

import type { Schemas } from "../../api/client";
import { DependentList } from "../../kit/dependents";
import { Linked } from "../../kit/linked";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { models } from "./words";

interface Props {
  id: string;
  /** What it was made of. */
  parents: readonly Schemas["Linked"][];
  /** What is said where that is nothing. */
  none: string;
  dependents: (id: string) => Promise<Schemas["Dependents"]>;
}

export function Lineage({ id, parents, none, dependents }: Props) {
  const { say } = useWords(models);
  const made = useQuery({ queryKey: ["models", "lineage", id], queryFn: () => dependents(id) });
  return (
    <section aria-label={say("lineage.title")}>
      <h2>{say("lineage.title")}</h2>
      <Row gutter={[24, 16]}>
        <Col xs={24} lg={12}>
          <h3>{say("lineage.from")}</h3>
          {parents.length > 0 ? <Parents parents={parents} /> : <Typography.Text type="secondary">{none}</Typography.Text>}
        </Col>
        <Col xs={24} lg={12}>
          <h3>{say("lineage.to")}</h3>
          {made.isError ? <Problem error={made.error} again={() => void made.refetch()} /> : null}
          {made.isPending ? <Spin /> : null}
          {made.data ? <DependentList found={made.data} none={say("lineage.unused")} /> : null}
        </Col>
      </Row>
    </section>
  );
}

function Parents({ parents }: { parents: readonly Schemas["Linked"][] }) {
  const { label } = useWords(models);
  return (
    <List
      size="small"
      dataSource={[...parents]}
      renderItem={(each) => (
        <List.Item>
          <span className="related">
            <Tag style={{ marginInlineEnd: 8 }}>{label("noun", each.noun)}</Tag>
            <Linked to={each} />
          </span>
        </List.Item>
      )}
    />
  );
}
