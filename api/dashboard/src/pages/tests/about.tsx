/** How a test ran: what was asked for, what really ran, its times, what was left out. */
import { Descriptions, Table, type TableColumnsType } from "antd";

import type { Schemas } from "../../api/client";
import { Backend, Fallbacks } from "../../kit/backend";
import { chainText } from "../../kit/chain";
import { fixed, milliseconds, NONE } from "../../kit/charts/figures";
import { useWords } from "../../words/say";
import type { Report } from "./report";
import type { Test } from "./search";
import { tests } from "./words";

type Timing = Schemas["StageTiming"];

export function About({ test, report }: { test: Test; report: Report }) {
  const { say } = useWords(tests);
  return (
    <>
      <Parameters test={test} report={report} />
      <h2>{say("about.times")}</h2>
      <Times test={test} />
      <Clock clock={report.clock} />
      {(report.networks?.length ?? 0) > 1 ? <Networks networks={report.networks ?? []} /> : null}
      <Trials trials={report.trials ?? []} />
      <Skipped reasons={report.skipped_reasons ?? {}} skipped={report.skipped} />
    </>
  );
}

function Parameters({ test, report }: { test: Test; report: Report }) {
  const { say, label } = useWords(tests);
  const { used } = report;
  const options = test.options;
  const boxes = report.detection !== null && report.detection !== undefined;
  const layers = Object.entries(used.layers ?? {});
  const rows: [string, React.ReactNode][] = [
    [say("about.batch"), report.batch_size],
    [say("about.loops"), report.loops],
    ...(boxes
      ? ([
          [say("about.iou"), report.detection?.iou_threshold],
          [say("about.size"), label("size_policy", report.detection?.size_policy ?? "true")],
        ] satisfies [string, React.ReactNode][])
      : []),
    [say("tests.precision"), `${test.precision} → ${used.precision}`],
    [say("about.asked"), test.backend ?? "auto"],
    [say("about.device"), used.device],
    [say("about.steps"), chainText(report.steps)],
    [say("result.tab.slices"), options?.dimensions?.map((each) => each.name).join(", ") || NONE],
    ...(layers.length
      ? ([[say("about.layers"), layers.map(([name, count]) => `${name}: ${count}`).join(", ")]] satisfies [
          string,
          React.ReactNode,
        ][])
      : []),
    [say("about.pack"), <code key="pack">{test.pack.slice(0, 19)}</code>],
    [
      say("tests.backend"),
      <div key="backend">
        <Backend used={used} />
        <Fallbacks used={used} />
      </div>,
    ],
  ];
  return (
    <Descriptions
      title={<h2>{say("result.how")}</h2>}
      size="small"
      bordered
      column={{ xs: 1, lg: 2 }}
      items={rows.map(([name, children]) => ({ key: name, label: name, children }))}
    />
  );
}

function Times({ test }: { test: Test }) {
  const { say } = useWords(tests);
  const stages = (["preprocess", "inference", "postprocess"] as const).map((key) => ({
    key,
    name: say(`tests.${key}`),
    timing: test[key] ?? null,
  }));
  const cell = (of: keyof Timing) => (_: unknown, row: { timing: Timing | null }) => milliseconds(row.timing?.[of]);
  const columns: TableColumnsType<(typeof stages)[number]> = [
    { title: say("about.stage"), dataIndex: "name" },
    { title: say("about.mean"), align: "right", render: cell("mean_ms") },
    { title: "p50", align: "right", render: cell("p50_ms") },
    { title: "p95", align: "right", render: cell("p95_ms") },
    { title: "p99", align: "right", render: cell("p99_ms") },
    { title: say("about.sum"), align: "right", render: cell("total_ms") },
  ];
  return (
    <>
      <Table rowKey="key" size="small" columns={columns} dataSource={stages} pagination={false} scroll={{ x: "max-content" }} />
      <p>
        {say("tests.total")} <b>{milliseconds(test.total_ms)}</b> · {say("about.speed")}{" "}
        <b>{say("about.per_second", { count: fixed(test.images_per_second, 1) })}</b>
      </p>
    </>
  );
}

function Clock({ clock }: { clock: Schemas["Clock"] | undefined }) {
  const { say } = useWords(tests);
  if (clock === undefined) return null;
  const parts = ["inside_preprocess", "inside_inference", "inside_postprocess", "outside"] as const;
  return (
    <details>
      <summary>{say("about.clock")}</summary>
      <ul>
        {parts.map((each) => (clock[each] ? <li key={each}>{`${say(`about.clock.${each}`)}: ${clock[each]}`}</li> : null))}
        {clock.overlapped ? <li>{say("about.clock.overlapped")}</li> : null}
        {clock.threads ? <li>{`${say("about.clock.threads")}: ${clock.threads}`}</li> : null}
      </ul>
    </details>
  );
}

function Networks({ networks }: { networks: readonly Schemas["NetworkReport"][] }) {
  const { say } = useWords(tests);
  const columns: TableColumnsType<Schemas["NetworkReport"]> = [
    { title: say("column.name"), dataIndex: "name" },
    { title: "method", dataIndex: "method" },
    { title: say("about.steps"), render: (_, row) => chainText(row.steps) },
    { title: say("about.mean"), align: "right", render: (_, row) => milliseconds(row.inference.mean_ms) },
    { title: "p99", align: "right", render: (_, row) => milliseconds(row.inference.p99_ms) },
  ];
  return (
    <>
      <h2>{say("about.networks")}</h2>
      <Table rowKey="name" size="small" columns={columns} dataSource={[...networks]} pagination={false} scroll={{ x: "max-content" }} />
    </>
  );
}

function Trials({ trials }: { trials: readonly Schemas["Trial"][] }) {
  const { say } = useWords(tests);
  if (trials.length === 0) return null;
  const columns: TableColumnsType<Schemas["Trial"]> = [
    { title: say("tests.backend"), dataIndex: "backend" },
    { title: say("tests.precision"), dataIndex: "precision" },
    {
      title: say("tests.inference"),
      align: "right",
      render: (_, row) => (row.infer_ms === null ? (row.problem?.code ?? NONE) : milliseconds(row.infer_ms)),
    },
  ];
  return (
    <>
      <h2>{say("about.trials")}</h2>
      <Table
        rowKey={(row) => `${row.backend}/${row.precision}`}
        size="small"
        columns={columns}
        dataSource={[...trials]}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
    </>
  );
}

function Skipped({ reasons, skipped }: { reasons: Record<string, number>; skipped: readonly Schemas["SkippedImage"][] }) {
  const { say } = useWords(tests);
  const counted = Object.entries(reasons);
  if (counted.length === 0) return null;
  return (
    <>
      <h2>{say("about.skipped")}</h2>
      <p>{counted.map(([code, count]) => `${code}: ${count}`).join(", ")}</p>
      <details>
        <summary>{say("images.name")}</summary>
        <ul>
          {skipped.map((each, at) => (
            <li key={at}>{`${each.name} (${each.code})`}</li>
          ))}
        </ul>
      </details>
    </>
  );
}
