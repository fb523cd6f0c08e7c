/** What is under way: running jobs with their progress, the last ones, the machines. */
import { useQuery } from "@tanstack/react-query";
import { Card, Col, Progress, Row, Table, type TableColumnsType } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { Problem } from "../../kit/problem";
import { short, when } from "../../kit/shown";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import { home } from "./words";

type Job = Schemas["Job"];
const ROWS = 10;

const jobs = (state: "running" | undefined) =>
  body(api.GET("/api/v1/jobs", { params: { query: { limit: ROWS, ...(state ? { state } : {}) } } }));

function useColumns(): TableColumnsType<Job> {
  const { say, label, lang } = useWords(home);
  return [
    { title: say("column.id"), render: (_, job) => <code>{short(job.id)}</code> },
    { title: say("column.kind"), render: (_, job) => label("kind", job.kind) },
    { title: say("column.state"), render: (_, job) => <State state={job.state} /> },
    {
      title: say("column.progress"),
      width: 180,
      render: (_, job) =>
        job.progress ? (
          <Progress
            percent={Math.round(job.progress.fraction * 100)}
            size="small"
            aria-label={`${say("column.progress")} ${short(job.id)}`}
          />
        ) : null,
    },
    { title: say("column.updated"), render: (_, job) => when(job.updated_at, lang) },
  ];
}

function Jobs({ title, state }: { title: string; state?: "running" }) {
  const found = useQuery({ queryKey: ["jobs", "home", state], queryFn: () => jobs(state) });
  const columns = useColumns();
  return (
    <Card title={<h2>{title}</h2>} size="small">
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      <Table<Job>
        rowKey="id"
        size="small"
        columns={columns}
        dataSource={found.data?.items ?? []}
        loading={found.isPending}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
    </Card>
  );
}

export function Home() {
  const { say } = useWords(home);
  return (
    <>
      <div className="page-head">
        <h1>{say("menu.home")}</h1>
      </div>
      <Row gutter={[16, 16]}>
        <Col xs={24} xl={12}>
          <Jobs title={say("home.running")} state="running" />
        </Col>
        <Col xs={24} xl={12}>
          <Jobs title={say("home.recent")} />
        </Col>
      </Row>
    </>
  );
}
