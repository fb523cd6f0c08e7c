/** The Tron models of one platform: the list, uploading one, editing, downloading, deleting. */
import { Link, useSearch } from "@tanstack/react-router";
import type { TableColumnsType } from "antd";

import { api, body } from "../../api/client";
import { Listing } from "../../kit/listing";
import type { ListSearch } from "../../kit/list-search";
import { short, size, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import type { Platform, Tron } from "./calls";
import { Made } from "./made";
import { TronActions } from "./tron-actions";
import { TronNew } from "./tron-new";
import { models } from "./words";

function useColumns(): TableColumnsType<Tron> {
  const { say, label, lang } = useWords(models);
  return [
    { title: say("column.id"), render: (_, row) => <code>{short(row.id)}</code> },
    {
      title: say("tron.name"),
      render: (_, row) => (
        <Link to="/models/trons/$id" params={{ id: row.id }}>
          {row.name}
        </Link>
      ),
    },
    { title: say("tron.version"), dataIndex: "version" },
    { title: say("tron.repo"), dataIndex: "repo" },
    { title: say("tron.method_short"), dataIndex: "method" },
    { title: say("column.state"), render: (_, row) => <Made tron={row} /> },
    { title: say("tron.origin"), render: (_, row) => label("origin", row.origin) },
    { title: say("column.size"), render: (_, row) => (row.revisions[0] ? size(row.revisions[0].tron.size_bytes) : "—") },
    { title: say("tron.file_name"), dataIndex: "file_name" },
    { title: say("column.note"), dataIndex: "note", ellipsis: true },
    { title: say("column.created"), render: (_, row) => when(row.created_at, lang) },
  ];
}

function Trons({ platform, search }: { platform: Platform; search: ListSearch }) {
  const { say } = useWords(models);
  const columns = useColumns();
  return (
    <Listing<Tron>
      name={["models", platform]}
      title={say(`menu.${platform}`)}
      search={search}
      ask={(asked) => body(api.GET("/api/v1/trons", { params: { query: { ...asked, platform } } }))}
      columns={columns}
      head={<TronNew platform={platform} />}
      actions={(row) => <TronActions row={row} inList />}
    />
  );
}

export function NvidiaList() {
  return <Trons platform="nvidia" search={useSearch({ from: "/models/nvidia" })} />;
}

export function AscendList() {
  return <Trons platform="ascend" search={useSearch({ from: "/models/ascend" })} />;
}
