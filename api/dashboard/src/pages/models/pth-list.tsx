/** PTH models: the list, a new one, editing, downloading, deleting. */
import { Link, useSearch } from "@tanstack/react-router";
import type { TableColumnsType } from "antd";

import { api, body } from "../../api/client";
import { Listing } from "../../kit/listing";
import { short, size, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { type Pth } from "./calls";
import { PthActions } from "./pth-actions";
import { PthNew } from "./pth-new";

export function PthList() {
  const { say, lang } = useWords();
  const search = useSearch({ from: "/models/pth" });
  const columns: TableColumnsType<Pth> = [
    { title: say("column.id"), render: (_, row) => <code>{short(row.id)}</code> },
    {
      title: say("column.name"),
      render: (_, row) => (
        <Link to="/models/pth/$id" params={{ id: row.id }}>
          {row.name}
        </Link>
      ),
    },
    { title: say("column.training_id"), dataIndex: "training_id" },
    { title: say("column.note"), dataIndex: "note", ellipsis: true },
    { title: say("column.size"), render: (_, row) => size(row.weights.size_bytes) },
    { title: say("column.created"), render: (_, row) => when(row.created_at, lang) },
  ];
  return (
    <Listing<Pth>
      name={["models", "pth"]}
      title={say("menu.pth")}
      search={search}
      ask={(asked) => body(api.GET("/api/v1/pth", { params: { query: asked } }))}
      columns={columns}
      head={<PthNew />}
      actions={(row) => <PthActions row={row} />}
    />
  );
}
