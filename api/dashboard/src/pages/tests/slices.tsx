/** A test by 统计维度: one row a slice; a slice leads to its images. */
import { Link, useParams } from "@tanstack/react-router";
import { Empty, Table, type TableColumnsType } from "antd";

import type { Schemas } from "../../api/client";
import { percent } from "../../kit/charts/figures";
import { useWords } from "../../words/say";
import type { Report } from "./report";
import { tests } from "./words";

type Slice = Schemas["SliceReport"];

/** How images of a slice are asked for. */
export function sliceText({ dimension, value }: Pick<Schemas["SliceSummary"], "dimension" | "value">): string {
  return `${dimension}=${value}`;
}

export function Slices({ report }: { report: Report }) {
  const { say, label } = useWords(tests);
  const { id } = useParams({ from: "/tests/$id" });
  const slices = report.slices ?? [];
  if (slices.length === 0) return <Empty description={say("slices.none")} />;
  const figures = (of: "accuracy" | "precision" | "recall") => ({
    align: "right" as const,
    sorter: (one: Slice, other: Slice) => (one.summary[of] ?? -1) - (other.summary[of] ?? -1),
    render: (_: unknown, row: Slice) => percent(row.summary[of]),
  });
  const columns: TableColumnsType<Slice> = [
    { title: say("slices.dimension"), render: (_, row) => row.summary.dimension },
    { title: say("slices.value"), render: (_, row) => row.summary.value },
    { title: say("result.images"), align: "right", render: (_, row) => row.summary.images },
    {
      title: `${say("tests.accuracy")}${report.measure ? ` ${label("measure", report.measure)}` : ""}`,
      ...figures("accuracy"),
    },
    { title: say("figure.precision"), ...figures("precision") },
    { title: say("figure.recall"), ...figures("recall") },
    {
      title: say("column.actions"),
      render: (_, row) => (
        <Link
          to="/tests/$id"
          params={{ id }}
          search={{ tab: "images", slice: sliceText(row.summary) }}
          aria-label={`${say("slices.images")} ${sliceText(row.summary)}`}
        >
          {say("slices.images")}
        </Link>
      ),
    },
  ];
  const tasks: TableColumnsType<Schemas["SliceTask"]> = [
    { title: say("result.task"), dataIndex: "task" },
    { title: say("tests.accuracy"), align: "right", render: (_, row) => percent(row.accuracy) },
    { title: say("figure.precision"), align: "right", render: (_, row) => percent(row.precision) },
    { title: say("figure.recall"), align: "right", render: (_, row) => percent(row.recall) },
  ];
  return (
    <section aria-label={say("slices.table")}>
      <h2>{say("slices.table")}</h2>
      <Table<Slice>
        rowKey={(row) => sliceText(row.summary)}
        size="small"
        columns={columns}
        dataSource={slices}
        pagination={false}
        scroll={{ x: "max-content" }}
        expandable={{
          rowExpandable: (row) => (row.tasks?.length ?? 0) > 1,
          expandedRowRender: (row) => (
            <Table rowKey="task" size="small" columns={tasks} dataSource={row.tasks ?? []} pagination={false} />
          ),
        }}
      />
    </section>
  );
}
