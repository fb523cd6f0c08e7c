/** One structure: who it is, its source as text, the templates that use it. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Descriptions, Spin, Typography } from "antd";

import { DependentList } from "../../kit/dependents";
import { Linked } from "../../kit/linked";
import { Problem } from "../../kit/problem";
import { size, when } from "../../kit/shown";
import { Source } from "../../kit/source";
import { useWords } from "../../words/say";
import { fileOf, type Structure, structureCalls } from "./calls";
import { Certified } from "./certified";
import { StructureActions } from "./structure-actions";
import { structures } from "./words";

export function StructurePage() {
  const { id } = useParams({ from: "/structures/$id" });
  const found = useQuery({ queryKey: ["structures", id], queryFn: () => structureCalls.one(id) });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Spin />;
  return <Shown row={found.data} />;
}

function Shown({ row }: { row: Structure }) {
  const { say } = useWords(structures);
  return (
    <>
      <div className="page-head">
        <h1>{row.name}</h1>
        <Certified certified={row.certified} />
        <span style={{ flex: 1 }} />
        {row.deleted_at ? <Typography.Text type="danger">{say("thing.deleted")}</Typography.Text> : <StructureActions row={row} />}
      </div>
      <Who row={row} />
      <h2>{say("structure.used")}</h2>
      <Users id={row.id} />
      <h2>{say("structure.source")}</h2>
      <Text row={row} />
    </>
  );
}

function Who({ row }: { row: Structure }) {
  const { say, lang } = useWords(structures);
  return (
    <Descriptions
      bordered
      size="small"
      column={{ xs: 1, sm: 1, md: 1, lg: 2 }}
      items={[
        { key: "id", label: say("column.id"), children: <code>{row.id}</code> },
        { key: "class", label: say("structure.class"), children: <code>{row.class_name}</code> },
        {
          key: "file",
          label: say("structure.file_short"),
          children: <a href={fileOf(row)} download={row.source.name}>{`${row.source.name} (${size(row.source.size_bytes)})`}</a>,
        },
        { key: "config", label: say("structure.config"), children: <Config row={row} /> },
        {
          key: "by",
          label: say("certified.by"),
          children: row.certified_by ? (
            <Linked
              to={{
                noun: "job",
                id: row.certified_by,
                name: row.certified_at ? when(row.certified_at, lang) : "",
                deleted: false,
              }}
            />
          ) : (
            say("certified.how")
          ),
        },
        { key: "created", label: say("column.created"), children: when(row.created_at, lang) },
        { key: "note", label: say("column.note"), children: row.note || "—" },
      ]}
    />
  );
}

function Config({ row }: { row: Structure }) {
  const { say } = useWords(structures);
  const id = row.type_config_id;
  const config = useQuery({
    queryKey: ["structures", "config", id],
    queryFn: () => structureCalls.config(id ?? ""),
    enabled: id !== null,
  });
  if (id === null) return <>{say("structure.config.none")}</>;
  if (config.isError && config.data === undefined) return <Problem error={config.error} />;
  if (config.data === undefined) return <Spin size="small" />;
  return (
    <>
      {`${config.data.name} · ${config.data.version}`}
      <Source label={say("structure.arguments")} text={JSON.stringify(config.data.arguments, null, 2)} />
    </>
  );
}

function Users({ id }: { id: string }) {
  const { say } = useWords(structures);
  const users = useQuery({ queryKey: ["templates", "of", id], queryFn: () => structureCalls.dependents(id) });
  if (users.isError && users.data === undefined) return <Problem error={users.error} again={() => void users.refetch()} />;
  return users.data ? <DependentList found={users.data} none={say("structure.unused")} /> : <Spin />;
}

function Text({ row }: { row: Structure }) {
  const { say } = useWords(structures);
  const zip = row.source.name.toLowerCase().endsWith(".zip");
  const source = useQuery({
    queryKey: ["objects", row.source.digest],
    queryFn: () => structureCalls.source(row.source.digest),
    staleTime: Infinity,
    enabled: !zip,
  });
  if (zip) return <Typography.Paragraph>{say("structure.zip")}</Typography.Paragraph>;
  if (source.isError && source.data === undefined) return <Problem error={source.error} again={() => void source.refetch()} />;
  return source.data === undefined ? <Spin /> : <Source label={say("structure.source")} text={String(source.data)} />;
}
