/** How a conversion was verified: the figures of every output against the error threshold, and the verdict in words. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Descriptions, Spin, Typography } from "antd";

import { Problem } from "../../kit/problem";
import { size } from "../../kit/shown";
import { useWords } from "../../words/say";
import { measured, Outputs } from "../jobs/verification";
import { type Tron, tronCalls, type VerificationReport } from "./calls";
import { error, keeps } from "./figure";
import { models } from "./words";

type Whole = VerificationReport["report"];
type SubReport = Whole["sub_models"][number];

export function Report({ tron, revision }: { tron: Tron; revision: number | undefined }) {
  const { say } = useWords(models);
  const none = tron.origin === "uploaded" ? "report.none" : tron.revisions.length === 0 ? "report.waiting" : null;
  const found = useQuery({
    queryKey: ["models", "report", tron.id, revision],
    queryFn: () => tronCalls.report(tron.id, revision),
    enabled: none === null,
  });
  if (none !== null) return <Typography.Paragraph>{say(none)}</Typography.Paragraph>;
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Spin />;
  return <ReportView report={found.data.report} messages={found.data.messages} />;
}

function ReportView({ report, messages }: { report: Whole; messages: readonly string[] }) {
  const { say } = useWords(models);
  const passed = keeps(report.max_abs_error, report.error_threshold);
  const figures = { error: error(report.max_abs_error), threshold: error(report.error_threshold) };
  const tools = Object.entries(report.toolchain).map(([name, version]) => `${name} ${version}`);
  return (
    <>
      <Alert
        type={passed ? "success" : "error"}
        showIcon
        title={say(passed ? "report.passed" : "report.failed", figures)}
        style={{ marginBottom: 16 }}
      />
      {messages.map((each) => (
        <Alert key={each} type="warning" showIcon title={each} style={{ marginBottom: 8 }} />
      ))}
      <Outputs rows={measured(report)} />
      {report.sub_models.map((sub) => (
        <Sub key={sub.name} sub={sub} report={report} />
      ))}
      <Typography.Paragraph type="secondary">{`${say("toolchain")}: ${tools.join(" · ")}`}</Typography.Paragraph>
    </>
  );
}

function Sub({ sub, report }: { sub: SubReport; report: Whole }) {
  const { say } = useWords(models);
  const dataset = report.real_inputs?.name;
  const facts = [
    {
      key: "inputs",
      label: say("report.inputs"),
      children: dataset ? say("report.on_real", { dataset }) : say("report.on_random"),
    },
    { key: "backend", label: say("report.backend"), children: sub.backend },
    { key: "drift", label: say("report.drift"), children: error(sub.batch_drift) },
    { key: "proposed", label: say("report.proposed"), children: error(sub.proposed_threshold) },
    { key: "nodes", label: say("report.nodes"), children: `${sub.exported.nodes} → ${sub.converted.nodes}` },
    {
      key: "bytes",
      label: say("report.bytes"),
      children: `${size(sub.exported.size_bytes)} → ${size(sub.converted.size_bytes)}`,
    },
    { key: "parameters", label: say("report.parameters"), children: (sub.converted.parameters ?? 0).toLocaleString() },
    {
      key: "times",
      label: say("report.times"),
      children: `${(sub.export_ms / 1000).toFixed(1)} s / ${(sub.verify_ms / 1000).toFixed(1)} s`,
    },
  ];
  return (
    <>
      <h2>{sub.name}</h2>
      <Descriptions bordered size="small" column={{ xs: 1, sm: 1, md: 1, lg: 2 }} items={facts} style={{ margin: "16px 0" }} />
    </>
  );
}
