/** Conversion templates: the list, a new one, copying, comparing, deleting. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, type TableColumnsType } from "antd";

import { api, body } from "../../api/client";
import { Listing } from "../../kit/listing";
import { short, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import type { Template } from "./calls";
import { TemplateActions } from "./template-actions";
import { templates } from "./words";

export function TemplateList() {
  const { say, lang } = useWords(templates);
  const search = useSearch({ from: "/templates" });
  const navigate = useNavigate();
  const columns: TableColumnsType<Template> = [
    { title: say("column.id"), render: (_, row) => <code>{short(row.id)}</code> },
    {
      title: say("template.name"),
      render: (_, row) => (
        <Link to="/templates/$id" params={{ id: row.id }}>
          {row.name}
        </Link>
      ),
    },
    { title: "repo", dataIndex: "repo" },
    { title: "method", dataIndex: "method" },
    { title: "version", dataIndex: "start_version" },
    { title: "error_threshold", dataIndex: "error_threshold", align: "right" },
    { title: say("column.note"), dataIndex: "note", ellipsis: true },
    { title: say("column.updated"), render: (_, row) => when(row.updated_at, lang) },
  ];
  return (
    <Listing<Template>
      name={["templates", "list"]}
      title={say("menu.templates")}
      search={search}
      ask={(asked) => body(api.GET("/api/v1/templates", { params: { query: asked } }))}
      columns={columns}
      head={
        <Button type="primary" onClick={() => void navigate({ to: "/templates/new" })}>
          {say("template.new")}
        </Button>
      }
      actions={(row) => <TemplateActions row={row} />}
    />
  );
}
