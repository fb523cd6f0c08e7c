/** 查看推理: every test that used the dataset, side by side; those that are ticked lead to their comparison. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button, Empty, Flex, Table, type TableColumnsType, Typography } from "antd";
import { useState } from "react";

import { milliseconds, NONE, percent } from "../../kit/charts/figures";
import { placeOf } from "../../kit/linked";
import { Problem } from "../../kit/problem";
import { short, when } from "../../kit/shown";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import { type Dataset, datasetCalls, type Test } from "./calls";
import type { Change } from "./dataset-page";
import type { TabProps } from "./figures";
import { datasets } from "./words";

const CHOSEN_MIN = 2;

function useColumns(dataset: Dataset): TableColumnsType<Test> {
  const { say, label, lang } = useWords(datasets);
  const numbers = dataset.versions.map((each) => each.pack.digest);
  const version = (test: Test) => {
    const place = numbers.indexOf(test.pack);
    return place < 0 ? "—" : say("dataset.older", { number: numbers.length - place });
  };
  return [
    {
      title: say("test.id"),
      render: (_, test) => (
        <Link to={placeOf("test", test.id) ?? "."}>
          <code>{short(test.id)}</code>
        </Link>
      ),
    },
    { title: say("test.dataset"), dataIndex: "dataset" },
    { title: say("test.version"), render: (_, test) => version(test) },
    { title: say("dataset.type"), render: () => label("dataset_type", dataset.type) },
    { title: say("test.model"), render: (_, test) => `${test.model}@${test.version} · ${test.precision}` },
    { title: say("column.state"), render: (_, test) => <State state={test.job.state} /> },
    {
      title: say("test.accuracy"),
      align: "right",
      render: (_, test) => (typeof test.accuracy === "number" ? percent(test.accuracy) : NONE),
    },
    { title: say("test.total"), align: "right", render: (_, test) => milliseconds(test.total_ms) },
    { title: say("test.preprocess"), align: "right", render: (_, test) => milliseconds(test.preprocess?.mean_ms) },
    { title: say("test.inference"), align: "right", render: (_, test) => milliseconds(test.inference?.mean_ms) },
    { title: say("test.postprocess"), align: "right", render: (_, test) => milliseconds(test.postprocess?.mean_ms) },
    { title: say("column.created"), render: (_, test) => when(test.job.requested_at, lang) },
  ];
}

export function TestsTab({ id, search, change, dataset }: TabProps & { change: Change; dataset: Dataset }) {
  const { say } = useWords(datasets);
  const [passed, setPassed] = useState<(string | undefined)[]>([]);
  const cursor = search.cursor;
  const found = useQuery({
    queryKey: ["jobs", "dataset-tests", id, cursor ?? ""],
    queryFn: () => datasetCalls.tests(id, cursor),
    placeholderData: keepPreviousData,
  });
  const columns = useColumns(dataset);
  const chosen = search.chosen ?? [];
  const next = found.data?.next ?? null;
  const turn = (to: string | undefined, through: (string | undefined)[]) => {
    setPassed(through);
    change({ cursor: to ?? null });
  };
  return (
    <>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      <Flex gap={12} align="center" wrap className="filters">
        <Compare chosen={chosen} />
        <Typography.Text type="secondary">{`${say("test.accuracy_hint")} ${say("test.ms_hint")}`}</Typography.Text>
      </Flex>
      <Table<Test>
        rowKey="id"
        size="middle"
        aria-label={say("dataset.look_tests")}
        columns={columns}
        dataSource={found.data?.items ?? []}
        loading={found.isPending}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={say("test.none")} /> }}
        rowSelection={{
          preserveSelectedRowKeys: true,
          selectedRowKeys: chosen,
          hideSelectAll: true,
          columnTitle: say("list.tick"),
          onChange: (keys) => change({ chosen: keys.map(String) }),
          getCheckboxProps: (test) => ({
            disabled: test.job.state !== "completed",
            "aria-label": say("test.choose", { id: short(test.id) }),
          }),
        }}
      />
      <div className="pages">
        <Button disabled={!cursor} onClick={() => turn(passed.at(-1), passed.slice(0, -1))}>
          {say("list.before")}
        </Button>
        <Button disabled={next === null} onClick={() => turn(next ?? undefined, [...passed, cursor])}>
          {say("list.after")}
        </Button>
      </div>
    </>
  );
}

function Compare({ chosen }: { chosen: string[] }) {
  const { say } = useWords(datasets);
  const navigate = useNavigate();
  const few = chosen.length < CHOSEN_MIN;
  return (
    <Flex gap={8} align="center">
      <Button type="primary" disabled={few} onClick={() => void navigate({ to: "/compare", search: { tasks: chosen.join(",") } as never })}>
        {say("test.compare", { count: chosen.length })}
      </Button>
      {few ? <Typography.Text type="secondary">{say("test.compare_hint")}</Typography.Text> : null}
    </Flex>
  );
}
