/** A Tron beside the PyTorch network that it was made of, on the same images: differences and figures of both. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Alert, Descriptions, Skeleton, Space, Table, type TableColumnsType } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { Backend, Fallbacks } from "../../kit/backend";
import { NONE, percent } from "../../kit/charts/figures";
import { hasEnded, JobActions } from "../../kit/job-actions";
import { JobProgress } from "../../kit/job-progress";
import { placeOf } from "../../kit/linked";
import { Problem } from "../../kit/problem";
import { short, when } from "../../kit/shown";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import { tests } from "./words";
import "./tests.css";

type Parity = Schemas["Parity"];
const oneParity = (id: string) => body(api.GET("/api/v1/parities/{id}", { params: { path: { id } } }));

/** A difference, which may be tiny. */
function tiny(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : value.toExponential(2);
}

export function ParityPage() {
  const { say } = useWords(tests);
  const { id } = useParams({ from: "/parities/$id" });
  const found = useQuery({ queryKey: ["jobs", "parity", id], queryFn: () => oneParity(id) });
  const parity = found.data;
  return (
    <div className="test-page">
      <div className="page-head">
        <h1>{say("parity.title")}</h1>
        {parity ? (
          <Space>
            <State state={parity.job.state} />
            <JobActions job={parity.job} />
          </Space>
        ) : (
          <code>{short(id)}</code>
        )}
      </div>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending ? <Skeleton active /> : null}
      {parity && !hasEnded(parity.job) ? (
        <Alert type="info" title={say("result.waiting")} description={<JobProgress job={parity.job} />} />
      ) : null}
      {parity?.job.message ? <Alert type="error" title={parity.job.message} /> : null}
      {parity ? <Detail parity={parity} /> : null}
      {parity?.job.state === "completed" ? <Outputs parity={parity} /> : null}
    </div>
  );
}

function Detail({ parity }: { parity: Parity }) {
  const { say, lang } = useWords(tests);
  const rows: [string, React.ReactNode][] = [
    [say("tests.model"), <Link key="m" to={placeOf("tron", parity.model_id) ?? ""}>{`${parity.model} ${parity.version}`}</Link>],
    [say("tests.dataset"), <Link key="d" to={placeOf("dataset", parity.dataset_id) ?? ""}>{parity.dataset}</Link>],
    [say("result.images"), parity.images ?? NONE],
    [say("parity.max_abs"), tiny(parity.max_abs)],
    [say("parity.different"), parity.different ?? NONE],
    [say("column.created"), when(parity.job.requested_at, lang)],
    ...(parity.used
      ? ([
          [
            say("tests.backend"),
            <div key="used">
              <Backend used={parity.used} />
              <Fallbacks used={parity.used} />
            </div>,
          ],
        ] satisfies [string, React.ReactNode][])
      : []),
  ];
  return (
    <Descriptions
      size="small"
      bordered
      column={{ xs: 1, md: 2, xl: 3 }}
      items={rows.map(([name, children]) => ({ key: name, label: name, children }))}
    />
  );
}

function Outputs({ parity }: { parity: Parity }) {
  const { say } = useWords(tests);
  const outputs: TableColumnsType<Schemas["ParityOutput"]> = [
    { title: say("parity.sub_model"), dataIndex: "sub_model" },
    { title: say("parity.output"), dataIndex: "output" },
    { title: say("parity.max_abs"), align: "right", render: (_, row) => tiny(row.max_abs) },
    { title: say("parity.mean_abs"), align: "right", render: (_, row) => tiny(row.mean_abs) },
    { title: say("parity.relative"), align: "right", render: (_, row) => tiny(row.relative) },
    { title: say("parity.cosine"), align: "right", render: (_, row) => row.cosine?.toFixed(8) ?? NONE },
  ];
  const figures: TableColumnsType<Schemas["ParityFigure"]> = [
    { title: say("parity.figure"), dataIndex: "key" },
    { title: "PyTorch", align: "right", render: (_, row) => percent(row.pytorch, 3) },
    { title: "Tron", align: "right", render: (_, row) => percent(row.tron, 3) },
  ];
  return (
    <>
      <h2>{say("parity.outputs")}</h2>
      <Table
        rowKey={(row) => `${row.sub_model}/${row.output}`}
        size="small"
        columns={outputs}
        dataSource={parity.outputs ?? []}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
      <h2>{say("parity.figures")}</h2>
      <Table rowKey="key" size="small" columns={figures} dataSource={parity.figures ?? []} pagination={false} />
      <p>
        <a href={`/api/v1/parities/${parity.id}/report`} download>
          {say("parity.report")}
        </a>
      </p>
    </>
  );
}
