/** Who a Tron model is, its revisions, its lineage. */
import { Link } from "@tanstack/react-router";
import { Alert, Descriptions, Table, type TableColumnsType } from "antd";

import type { Schemas } from "../../api/client";
import { Linked } from "../../kit/linked";
import { size, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { type Tron, tronCalls } from "./calls";
import { error } from "./figure";
import { Lineage } from "./lineage";
import { models } from "./words";

type Revision = Schemas["Revision"];

export function About({ tron }: { tron: Tron }) {
  const { say } = useWords(models);
  return (
    <>
      {tron.messages.length > 0 ? <Notices messages={tron.messages} /> : null}
      <Who tron={tron} />
      <h2>{say("tron.revisions")}</h2>
      <Revisions tron={tron} />
      <Lineage id={tron.id} parents={tron.parents} none={say("lineage.nothing")} dependents={tronCalls.dependents} />
    </>
  );
}

function Notices({ messages }: { messages: readonly string[] }) {
  const { say } = useWords(models);
  const list = (
    <ul>
      {messages.map((each) => (
        <li key={each}>{each}</li>
      ))}
    </ul>
  );
  return <Alert type="info" showIcon title={say("tron.notices")} description={list} style={{ marginBottom: 16 }} />;
}

function Who({ tron }: { tron: Tron }) {
  const { say, label, lang } = useWords(models);
  return (
    <Descriptions
      bordered
      size="small"
      column={{ xs: 1, sm: 1, md: 1, lg: 2 }}
      items={[
        { key: "id", label: say("column.id"), children: <code>{tron.id}</code> },
        { key: "platform", label: say("tron.platform"), children: label("platform", tron.platform) },
        { key: "repo", label: say("tron.repo"), children: tron.repo },
        { key: "name", label: say("tron.name"), children: tron.name },
        { key: "method", label: say("tron.method"), children: tron.method },
        { key: "version", label: say("tron.version"), children: tron.version },
        { key: "origin", label: say("tron.origin"), children: label("origin", tron.origin) },
        { key: "detected", label: say("tron.detected"), children: tron.detected ?? "—" },
        { key: "quantizable", label: say("tron.quantizable"), children: say(tron.quantizable ? "tron.yes" : "tron.no") },
        { key: "created", label: say("column.created"), children: when(tron.created_at, lang) },
        { key: "file", label: say("tron.file_name"), span: "filled", children: <code>{tron.file_name}</code> },
        ...(tron.overridden.length > 0
          ? [
              {
                key: "overridden",
                label: say("tron.overridden"),
                span: "filled" as const,
                children: tron.overridden.join("、"),
              },
            ]
          : []),
        { key: "note", label: say("column.note"), span: "filled", children: tron.note || "—" },
      ]}
    />
  );
}

function Revisions({ tron }: { tron: Tron }) {
  const { say, lang } = useWords(models);
  const columns: TableColumnsType<Revision> = [
    { title: say("tron.revision"), dataIndex: "revision" },
    { title: say("column.size"), render: (_, each) => size(each.tron.size_bytes) },
    { title: say("tron.digest"), render: (_, each) => <code title={each.tron.digest}>{each.tron.digest.slice(0, 19)}…</code> },
    {
      title: say("tron.max_abs"),
      align: "right",
      render: (_, each) =>
        each.report ? (
          <Link
            to="/models/trons/$id"
            params={{ id: tron.id }}
            search={{ tab: "report", revision: each.revision }}
            aria-label={`${say("tab.report")} ${each.revision}: ${error(each.max_abs_error)}`}
          >
            {error(each.max_abs_error)}
          </Link>
        ) : (
          "—"
        ),
    },
    { title: say("tron.threshold"), align: "right", render: (_, each) => error(each.error_threshold) },
    {
      title: say("tron.job"),
      render: (_, each) =>
        each.job_id ? (
          <Linked to={{ noun: "job", id: each.job_id, name: "", deleted: false }} />
        ) : (
          "—"
        ),
    },
    { title: say("column.created"), render: (_, each) => when(each.created_at, lang) },
  ];
  return (
    <Table<Revision>
      rowKey="revision"
      size="small"
      columns={columns}
      dataSource={tron.revisions}
      pagination={false}
      scroll={{ x: "max-content" }}
      locale={{ emptyText: say("report.waiting") }}
    />
  );
}
