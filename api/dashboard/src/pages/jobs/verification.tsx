/** How far a converted model is from PyTorch, output by output, beside the template's error_threshold. */
import { useQuery } from "@tanstack/react-query";
import { Descriptions, Table, Tag } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { jobs } from "./words";

type Report = Schemas["VerificationReport"];
type Measurement = Report["report"]["sub_models"][number]["differences"][number];

export interface Measured extends Measurement {
  key: string;
  sub: string;
  passed: boolean;
}

/** Every measurement of every sub-model, the largest difference first. */
export function measured(report: Report["report"]): Measured[] {
  return report.sub_models
    .flatMap((sub) =>
      sub.differences.map((each) => ({
        ...each,
        key: `${sub.name}/${each.output}/${each.inputs}/${each.batch}`,
        sub: sub.name,
        passed: each.max_abs <= report.error_threshold,
      })),
    )
    .sort((one, other) => other.max_abs - one.max_abs);
}

export function figure(value: number | null): string {
  return value === null ? "–" : value.toExponential(2);
}

function Verdict({ passed }: { passed: boolean }) {
  const { say } = useWords(jobs);
  return <Tag color={passed ? "success" : "error"}>{say(passed ? "verify.passed" : "verify.failed")}</Tag>;
}

/** The measurements as a table; a model's page shows it, too. */
export function Outputs({ rows }: { rows: Measured[] }) {
  const { say, label } = useWords(jobs);
  return (
    <Table<Measured>
      size="small"
      aria-label={say("verify.title")}
      pagination={rows.length > 20 ? { pageSize: 20 } : false}
      scroll={{ x: "max-content" }}
      dataSource={rows}
      columns={[
        { title: say("verify.sub"), dataIndex: "sub" },
        { title: say("verify.output"), dataIndex: "output" },
        { title: say("verify.inputs"), render: (_, row) => label("inputs", row.inputs) },
        { title: "batch", dataIndex: "batch", align: "right" },
        { title: say("verify.max_abs"), align: "right", render: (_, row) => figure(row.max_abs) },
        { title: say("verify.mean_abs"), align: "right", render: (_, row) => figure(row.mean_abs) },
        { title: say("verify.relative"), align: "right", render: (_, row) => figure(row.relative) },
        { title: say("verify.cosine"), align: "right", render: (_, row) => row.cosine?.toFixed(6) ?? "–" },
        { title: say("verify.verdict"), render: (_, row) => <Verdict passed={row.passed} /> },
      ]}
    />
  );
}

/** What graphs became: nodes and bytes before and after the operators were merged. */
function Graphs({ report }: { report: Report["report"] }) {
  const { say } = useWords(jobs);
  return (
    <Descriptions
      size="small"
      column={1}
      items={report.sub_models.map((sub) => ({
        key: sub.name,
        label: say("verify.graph", { name: sub.name }),
        children: say("verify.nodes", { before: sub.exported.nodes, after: sub.converted.nodes }),
      }))}
    />
  );
}

export function Verification({ job }: { job: Schemas["Job"] }) {
  const { say } = useWords(jobs);
  const revision = job.revision;
  const found = useQuery({
    queryKey: ["models", "report", job.subject_id, revision],
    queryFn: () =>
      body(
        api.GET("/api/v1/trons/{id}/report", {
          params: { path: { id: job.subject_id }, query: revision === null ? {} : { revision } },
        }),
      ),
    enabled: revision !== null,
  });
  if (job.max_abs_error === null || job.error_threshold === null) return null;
  return (
    <>
      <p>
        <Verdict passed={job.max_abs_error <= job.error_threshold} />{" "}
        {say("verify.summary", { measured: figure(job.max_abs_error), threshold: figure(job.error_threshold) })}
      </p>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.data ? (
        <>
          <Outputs rows={measured(found.data.report)} />
          <Graphs report={found.data.report} />
          {found.data.messages.map((message) => (
            <p key={message}>{message}</p>
          ))}
        </>
      ) : null}
    </>
  );
}
