/** Precision and recall by class: filtered by a part of the name, sorted by any figure. */
import { Input, Table, type TableColumnsType } from "antd";
import { useState } from "react";

import { NONE, percent } from "../../kit/charts/figures";
import { useWords } from "../../words/say";
import type { Target } from "./targets";
import { tests } from "./words";

const ROWS = 20;
const SIZES = ["small", "medium", "large"] as const;

function useColumns(boxes: boolean): TableColumnsType<Target> {
  const { say } = useWords(tests);
  const figure = (title: string, value: (row: Target) => number | null | undefined) => ({
    title,
    align: "right" as const,
    sorter: (one: Target, other: Target) => (value(one) ?? -1) - (value(other) ?? -1),
    render: (_: unknown, row: Target) => percent(value(row)),
  });
  return [
    { title: say("chart.class"), dataIndex: "name", sorter: (one, other) => one.name.localeCompare(other.name) },
    { title: say("result.support"), dataIndex: "support", align: "right", sorter: (one, other) => one.support - other.support },
    {
      title: say("result.predicted"),
      align: "right",
      sorter: (one, other) => (one.predicted ?? -1) - (other.predicted ?? -1),
      render: (_, row) => row.predicted ?? NONE,
    },
    figure(say("figure.precision"), (row) => row.precision),
    figure(say("figure.recall"), (row) => row.recall),
    figure(say("figure.f1"), (row) => row.f1),
    ...(boxes
      ? [
          figure(say("figure.ap"), (row) => row.ap?.[0]),
          ...SIZES.map((size, at) => figure(say(`result.ap.${size}`), (row) => row.ap?.[at + 1])),
        ]
      : []),
  ];
}

export function TargetsTable({ targets, boxes }: { targets: readonly Target[]; boxes: boolean }) {
  const { say } = useWords(tests);
  const [part, setPart] = useState("");
  const columns = useColumns(boxes);
  const wanted = part.trim().toLocaleLowerCase();
  return (
    <section aria-label={say("result.targets")}>
      <div className="page-head">
        <h2>{say("result.targets")}</h2>
        <Input
          allowClear
          style={{ width: 220 }}
          aria-label={say("result.filter")}
          placeholder={say("result.filter")}
          value={part}
          onChange={(event) => setPart(event.target.value)}
        />
      </div>
      <Table<Target>
        rowKey="key"
        size="small"
        columns={columns}
        dataSource={targets.filter((each) => each.name.toLocaleLowerCase().includes(wanted))}
        pagination={targets.length > ROWS ? { pageSize: ROWS, showSizeChanger: false } : false}
        scroll={{ x: "max-content" }}
      />
    </section>
  );
}
