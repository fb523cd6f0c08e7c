/** Two templates side by side: only the fields in which they differ. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Spin, Table, type TableColumnsType } from "antd";

import type { Schemas } from "../../api/client";
import { Choose } from "../../kit/choose";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { templateCalls } from "./calls";
import type { DiffSearch } from "./search";
import { templates } from "./words";

type Difference = Schemas["Difference"];

export function TemplateDiffPage() {
  const { say } = useWords(templates);
  const search = useSearch({ from: "/templates/diff" });
  const navigate = useNavigate();
  const go = (part: DiffSearch) => void navigate({ to: "/templates/diff", search: { ...search, ...part }, replace: true });
  return (
    <>
      <div className="page-head">
        <h1>{say("template.compare_title")}</h1>
      </div>
      <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", gap: 16, marginBottom: 16 }}>
        <Side label={say("template.left")} value={search.a} choose={(a) => go({ a })} />
        <Side label={say("template.right")} value={search.b} choose={(b) => go({ b })} />
      </div>
      {search.a && search.b ? <Differences a={search.a} b={search.b} /> : <p>{say("template.choose_two")}</p>}
    </>
  );
}

function Side({ label, value, choose }: { label: string; value: string | undefined; choose: (id: string) => void }) {
  const chosen = useQuery({
    queryKey: ["templates", value],
    queryFn: () => templateCalls.one(value ?? ""),
    enabled: value !== undefined,
  });
  return (
    <Choose
      name={["templates", "all"]}
      label={label}
      ask={templateCalls.list}
      known={chosen.data ? [chosen.data] : []}
      value={value ?? null}
      onChange={(id) => {
        if (id) choose(id);
      }}
    />
  );
}

/** A value as it stands in the document; "—" where a side has nothing. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return "—";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Differences({ a, b }: { a: string; b: string }) {
  const { say } = useWords(templates);
  const found = useQuery({ queryKey: ["templates", "diff", a, b], queryFn: () => templateCalls.diff(a, b) });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Spin />;
  const all = found.data.differences;
  const columns: TableColumnsType<Difference> = [
    { title: say("template.path"), render: (_, each) => <code>{each.path}</code> },
    { title: say("template.left"), render: (_, each) => shown(each.left) },
    { title: say("template.right"), render: (_, each) => shown(each.right) },
  ];
  return (
    <>
      <p role="status">{all.length === 0 ? say("template.same") : say("template.differences", { count: all.length })}</p>
      {all.length === 0 ? null : (
        <Table<Difference> rowKey="path" size="small" columns={columns} dataSource={all} pagination={false} tableLayout="fixed" />
      )}
    </>
  );
}
