/** The datasets: the list, a new one, editing, downloading, deleting. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Space, type TableColumnsType } from "antd";

import { api, body } from "../../api/client";
import { Listing } from "../../kit/listing";
import { short, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import type { Dataset } from "./calls";
import { DatasetActions } from "./dataset-actions";
import { DatasetState } from "./dataset-state";
import type { Tab } from "./search";
import { datasets } from "./words";

function useColumns(): TableColumnsType<Dataset> {
  const { say, label, lang } = useWords(datasets);
  const count = (value: number | undefined) => (value === undefined ? "—" : value.toLocaleString(lang));
  return [
    { title: say("column.id"), render: (_, row) => <code>{short(row.id)}</code> },
    {
      title: say("column.name"),
      render: (_, row) => (
        <Link to="/datasets/$id" params={{ id: row.id }} className="thing">
          {row.name}
        </Link>
      ),
    },
    { title: say("dataset.type"), render: (_, row) => label("dataset_type", row.type) },
    { title: say("column.state"), render: (_, row) => <DatasetState state={row.state} /> },
    { title: say("dataset.images"), align: "right", render: (_, row) => count(row.versions[0]?.images) },
    { title: say("dataset.classes"), align: "right", render: (_, row) => count(row.versions[0]?.classes) },
    { title: say("dataset.dropped"), align: "right", render: (_, row) => count(row.versions[0]?.dropped) },
    { title: say("dataset.versions"), align: "right", render: (_, row) => count(row.versions.length) },
    { title: say("column.note"), dataIndex: "note", ellipsis: true },
    { title: say("column.updated"), render: (_, row) => when(row.updated_at, lang) },
  ];
}

function Look({ row, tab }: { row: Dataset; tab: Tab }) {
  const { say } = useWords(datasets);
  const word = tab === "tests" ? say("dataset.look_tests") : say("dataset.preview");
  return (
    <Link to="/datasets/$id" params={{ id: row.id }} search={{ tab }} aria-label={`${word} ${row.name}`}>
      {word}
    </Link>
  );
}

export function DatasetList() {
  const { say } = useWords(datasets);
  const navigate = useNavigate();
  const search = useSearch({ from: "/datasets" });
  const columns = useColumns();
  return (
    <Listing<Dataset>
      name={["datasets", "list"]}
      title={say("menu.datasets")}
      search={search}
      ask={(asked) => body(api.GET("/api/v1/datasets", { params: { query: asked } }))}
      columns={columns}
      head={
        <Button type="primary" onClick={() => void navigate({ to: "/datasets/new" })}>
          {say("action.new")}
        </Button>
      }
      actions={(row) => (
        <Space size={4}>
          <Look row={row} tab="preview" />
          <Look row={row} tab="tests" />
          <DatasetActions row={row} />
        </Space>
      )}
    />
  );
}
