/** The versions of a dataset, newest first: what each holds, and its file. */
import { Link, useNavigate } from "@tanstack/react-router";
import { Button, Flex, Table, type TableColumnsType, Typography } from "antd";

import { useWhyNot } from "../../kit/may";
import { size, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { type Dataset, files } from "./calls";
import { datasets } from "./words";

type Version = Dataset["versions"][number];

const DIGEST_CHARS = 19;

export function VersionsTab({ dataset }: { dataset: Dataset }) {
  const { say, lang } = useWords(datasets);
  const number = (row: Version) => dataset.versions.length - dataset.versions.indexOf(row);
  const columns: TableColumnsType<Version> = [
    {
      title: say("dataset.version"),
      render: (_, row) => (
        <Link to="/datasets/$id" params={{ id: dataset.id }} search={{ version: row.job_id, tab: "preview" }}>
          {say("dataset.older", { number: number(row) })}
        </Link>
      ),
    },
    { title: say("dataset.images"), align: "right", render: (_, row) => row.images.toLocaleString(lang) },
    { title: say("dataset.classes"), align: "right", render: (_, row) => row.classes.toLocaleString(lang) },
    { title: say("dataset.dropped"), align: "right", render: (_, row) => row.dropped.toLocaleString(lang) },
    { title: say("column.size"), align: "right", render: (_, row) => size(row.pack.size_bytes) },
    { title: say("dataset.digest"), render: (_, row) => <code>{row.pack.digest.slice(0, DIGEST_CHARS)}</code> },
    { title: say("column.created"), render: (_, row) => when(row.created_at, lang) },
    {
      title: say("column.actions"),
      fixed: "right",
      render: (_, row) => (
        <a
          href={files.pack(dataset.id, row.job_id)}
          download
          aria-label={`${say("action.download")} ${say("dataset.older", { number: number(row) })}`}
        >
          {say("action.download")}
        </a>
      ),
    },
  ];
  return (
    <>
      <Flex gap={12} align="center" wrap className="filters">
        <NewVersion id={dataset.id} owner={dataset.owner} />
        <Typography.Text type="secondary">{say("dataset.version_hint")}</Typography.Text>
      </Flex>
      <Table<Version>
        rowKey="job_id"
        size="middle"
        aria-label={say("dataset.tab_versions")}
        columns={columns}
        dataSource={dataset.versions}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
    </>
  );
}

function NewVersion({ id, owner }: { id: string; owner: string }) {
  const { say } = useWords(datasets);
  const navigate = useNavigate();
  const whyNot = useWhyNot(owner);
  return (
    <Button
      disabled={whyNot !== null}
      title={whyNot ?? ""}
      onClick={() => void navigate({ to: "/datasets/new", search: { dataset: id } })}
    >
      {say("dataset.new_version")}
    </Button>
  );
}
