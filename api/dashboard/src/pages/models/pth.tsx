/** One PTH model: who it is, and what was made of it. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Descriptions, Spin, Typography } from "antd";

import { Problem } from "../../kit/problem";
import { size, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { type Pth, pthCalls } from "./calls";
import { Lineage } from "./lineage";
import { PthActions } from "./pth-actions";
import { models } from "./words";

export function PthPage() {
  const { id } = useParams({ from: "/models/pth/$id" });
  const { say } = useWords(models);
  const found = useQuery({ queryKey: ["models", id], queryFn: () => pthCalls.one(id) });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Spin />;
  const row = found.data;
  return (
    <>
      <div className="page-head">
        <h1>{row.name}</h1>
        <span style={{ flex: 1 }} />
        {row.deleted_at ? <Typography.Text type="danger">{say("thing.deleted")}</Typography.Text> : <PthActions row={row} />}
      </div>
      <Who row={row} />
      <Lineage id={id} parents={row.parents} none={say("lineage.uploaded")} dependents={pthCalls.dependents} />
    </>
  );
}

function Who({ row }: { row: Pth }) {
  const { say, lang } = useWords(models);
  return (
    <Descriptions
      bordered
      size="small"
      column={{ xs: 1, sm: 1, md: 1, lg: 2 }}
      items={[
        { key: "id", label: say("column.id"), children: <code>{row.id}</code> },
        { key: "training", label: say("column.training_id"), children: row.training_id || "—" },
        { key: "file", label: say("pth.file"), children: `${row.weights.name} (${size(row.weights.size_bytes)})` },
        { key: "created", label: say("column.created"), children: when(row.created_at, lang) },
        { key: "digest", label: say("tron.digest"), span: "filled", children: <code>{row.weights.digest}</code> },
        { key: "note", label: say("column.note"), span: "filled", children: row.note || "—" },
      ]}
    />
  );
}
