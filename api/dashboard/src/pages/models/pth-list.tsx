/** PTH models: the list, a new one, deleting. */
import { useSearch } from "@tanstack/react-router";
import type { TableColumnsType } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { DeleteButton } from "../../kit/delete";
import { Listing } from "../../kit/listing";
import { short, size, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { PthNew } from "./pth-new";

type Pth = Schemas["Pth"];

export function PthList() {
  const { say, lang } = useWords();
  const search = useSearch({ from: "/models/pth" });
  const columns: TableColumnsType<Pth> = [
    { title: say("column.id"), render: (_, row) => <code>{short(row.id)}</code> },
    { title: say("column.name"), dataIndex: "name" },
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
      actions={(row) => (
        <>
          <a href={`/api/v1/pth/${row.id}/file`} download aria-label={`${say("action.download")} ${row.name}`}>
            {say("action.download")}
          </a>
          <DeleteButton
            name={row.name}
            dependents={() => body(api.GET("/api/v1/pth/{id}/dependents", { params: { path: { id: row.id } } }))}
            remove={() =>
              body(
                api.DELETE("/api/v1/pth/{id}", { params: { path: { id: row.id }, header: { "If-Match": row.etag } } }),
              )
            }
          />
        </>
      )}
    />
  );
}
