/** What an import left out: how many by reason and by value, then each by name. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, Empty, Select, Table, type TableColumnsType } from "antd";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { Bars } from "./bars";
import { datasetCalls, type Figures } from "./calls";
import type { Change } from "./dataset-page";
import { figuresQuery, type TabProps } from "./figures";
import { datasets } from "./words";

type LeftOut = Schemas["LeftOut"];

export function LedgerTab({ id, search, change }: TabProps & { change: Change }) {
  const { say, label } = useWords(datasets);
  const figures = useQuery(figuresQuery(id, search.version));
  if (figures.isError && figures.data === undefined) return <Problem error={figures.error} again={() => void figures.refetch()} />;
  const { reasons = {}, values = [], dropped = 0 } = figures.data?.figures ?? {};
  if (figures.data && !dropped) return <Empty description={say("ledger.none")} />;
  return (
    <>
      <div className="figures">
        <Bars
          title={say("ledger.reasons")}
          named={say("ledger.reason")}
          unit={say("ledger.count")}
          counts={reasons}
          shown={(code) => label("drop", code)}
        />
        {values.length ? <Values values={values} /> : null}
      </div>
      <Select<string>
        aria-label={say("ledger.reason")}
        style={{ width: 280, margin: "12px 0" }}
        value={search.code ?? ""}
        options={[
          { value: "", label: say("ledger.all") },
          ...Object.keys(reasons).map((code) => ({ value: code, label: label("drop", code) })),
        ]}
        onChange={(code) => change({ code, from: null })}
      />
      <Entries key={search.code ?? ""} id={id} search={search} change={change} />
    </>
  );
}

export function Values({ values }: { values: Figures["values"] }) {
  const { say, label, lang } = useWords(datasets);
  const columns: TableColumnsType<Schemas["DroppedValue"] & { key: number }> = [
    { title: say("value.value"), render: (_, row) => row.params["value"] ?? "—" },
    { title: say("value.key"), render: (_, row) => row.params["key"] ?? "—" },
    { title: say("value.task"), render: (_, row) => row.params["task"] ?? "—" },
    { title: say("ledger.reason"), render: (_, row) => label("drop", row.code) },
    { title: say("ledger.count"), align: "right", render: (_, row) => row.count.toLocaleString(lang) },
  ];
  return (
    <section aria-label={say("ledger.values")}>
      <h2>{say("ledger.values")}</h2>
      <Table
        rowKey="key"
        size="small"
        columns={columns}
        dataSource={values.map((each, key) => ({ ...each, key }))}
        pagination={values.length > 10 ? { pageSize: 10, showSizeChanger: false } : false}
        scroll={{ x: "max-content" }}
      />
    </section>
  );
}

function Entries({ id, search, change }: TabProps & { change: Change }) {
  const { say, label } = useWords(datasets);
  const [passed, setPassed] = useState<(string | null)[]>([]);
  const asked = {
    ...(search.version ? { version: search.version } : {}),
    ...(search.code ? { code: search.code } : {}),
  };
  const found = useQuery({
    queryKey: ["datasets", "dropped", id, asked, search.from ?? ""],
    queryFn: () => datasetCalls.dropped(id, asked, search.from),
    placeholderData: keepPreviousData,
  });
  const columns: TableColumnsType<LeftOut & { key: number }> = [
    { title: say("ledger.name"), render: (_, row) => <code className="file-name">{row.name}</code> },
    { title: say("ledger.reason"), render: (_, row) => label("drop", row.code) },
    { title: say("ledger.message"), dataIndex: "message" },
  ];
  const turn = (to: string | null, way: (string | null)[]) => {
    setPassed(way);
    change({ from: to });
  };
  const next = found.data?.next ?? null;
  return (
    <>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      <Table
        rowKey="key"
        size="small"
        aria-label={say("dataset.ledger")}
        columns={columns}
        dataSource={found.data?.items.map((each, key) => ({ ...each, key })) ?? []}
        loading={found.isPending}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
      <div className="pages">
        <Button disabled={!search.from} onClick={() => turn(passed.at(-1) ?? null, passed.slice(0, -1))}>
          {say("list.before")}
        </Button>
        <Button disabled={next === null} onClick={() => turn(next, [...passed, search.from ?? null])}>
          {say("list.after")}
        </Button>
      </div>
    </>
  );
}
