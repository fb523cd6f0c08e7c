/** A Tron beside the PyTorch network that it was made of, on the same images: differences and figures of both. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Table, type TableColumnsType } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { NONE, percent } from "../../kit/charts/figures";
import { placeOf } from "../../kit/linked";
import { useWords } from "../../words/say";
import { JobPage, type Row } from "./job-page";
import { tests } from "./words";
import "./tests.css";

type Parity = Schemas["Parity"];
const oneParity = (id: string) => body(api.GET("/api/v1/parities/{id}", { params: { path: { id } } }));

/** A difference, which may be tiny. */
export function tiny(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : value.toExponential(2);
}

export function ParityPage() {
  const { say } = useWords(tests);
  const { id } = useParams({ from: "/parities/$id" });
  const found = useQuery({ queryKey: ["jobs", "parity", id], queryFn: () => oneParity(id) });
  const rows = (parity: Parity): Row[] => [
    [say("tests.dataset"), <Link key="d" to={placeOf("dataset", parity.dataset_id) ?? ""}>{parity.dataset}</Link>],
    [say("result.images"), parity.images ?? NONE],
    [say("parity.max_abs"), tiny(parity.max_abs)],
    [say("parity.different"), parity.different ?? NONE],
  ];
  return (
    <JobPage id={id} title={say("parity.title")} found={found} rows={rows}>
      {(parity) => <Outputs parity={parity} />}
    </JobPage>
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
