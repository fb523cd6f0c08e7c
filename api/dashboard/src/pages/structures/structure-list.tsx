/** Structures: certified and not yet certified ones, a new one, editing, deleting. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type TableColumnsType } from "antd";

import { api, body } from "../../api/client";
import { Listing } from "../../kit/listing";
import { Segments } from "../../kit/segments";
import { short, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import type { Structure } from "./calls";
import { Certified } from "./certified";
import type { StructureSearch } from "./search";
import { StructureActions } from "./structure-actions";
import { StructureNew } from "./structure-new";
import { structures } from "./words";

function Scope({ search }: { search: StructureSearch }) {
  const { say } = useWords(structures);
  const navigate = useNavigate();
  const narrow = (certified: "all" | "true" | "false") => {
    const { cursor: _, certified: __, ...kept } = search;
    void navigate({ to: "/structures", search: certified === "all" ? kept : { ...kept, certified } });
  };
  return (
    <Segments<"all" | "true" | "false">
      aria-label={say("certified.scope")}
      name="certified"
      value={search.certified ?? "all"}
      options={[
        { value: "all", label: say("certified.all") },
        { value: "true", label: say("certified.true") },
        { value: "false", label: say("certified.false") },
      ]}
      onChange={narrow}
    />
  );
}

export function StructureList() {
  const { say, lang } = useWords(structures);
  const search = useSearch({ from: "/structures" });
  const columns: TableColumnsType<Structure> = [
    { title: say("column.id"), render: (_, row) => <code>{short(row.id)}</code> },
    {
      title: say("structure.name"),
      render: (_, row) => (
        <Link to="/structures/$id" params={{ id: row.id }}>
          {row.name}
        </Link>
      ),
    },
    { title: say("structure.class"), dataIndex: "class_name" },
    { title: say("structure.config"), render: (_, row) => row.type_config?.name ?? "—" },
    { title: say("structure.file_short"), render: (_, row) => row.source.name },
    { title: say("certified.scope"), render: (_, row) => <Certified certified={row.certified} /> },
    { title: say("column.note"), dataIndex: "note", ellipsis: true },
    { title: say("column.created"), render: (_, row) => when(row.created_at, lang) },
  ];
  return (
    <Listing<Structure>
      key={search.certified ?? "all"}
      name={["structures", "list"]}
      title={say("menu.structures")}
      search={search}
      ask={(asked) => body(api.GET("/api/v1/structures", { params: { query: asked } }))}
      columns={columns}
      filters={<Scope search={search} />}
      head={<StructureNew />}
      actions={(row) => <StructureActions row={row} />}
    />
  );
}
