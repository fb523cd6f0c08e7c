/** What was decided: who asked for what, and whether it was let through; newest first, by outcome and person. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select, Table, type TableColumnsType, Tag } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { Choose } from "../../kit/choose";
import { PAGE_ROWS } from "../../kit/listing";
import { Problem } from "../../kit/problem";
import { when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { type AuditSearch, type Outcome, OUTCOMES } from "./audit-search";
import { people } from "./words";

type Entry = Schemas["AuditEntry"];

const COLOURS: Record<Outcome, string> = { allowed: "success", denied: "error", failed: "warning" };

function useColumns(): TableColumnsType<Entry> {
  const { say, label, lang } = useWords(people);
  return [
    { title: say("audit.position"), dataIndex: "position" },
    { title: say("audit.time"), render: (_, row) => when(row.time, lang) },
    { title: say("audit.actor"), render: (_, row) => row.actor_name || row.actor || "—" },
    { title: say("audit.action"), render: (_, row) => <code>{row.action}</code> },
    { title: say("audit.object"), render: (_, row) => (row.object ? <code>{row.object}</code> : "—") },
    {
      title: say("audit.outcome"),
      render: (_, row) => <Tag color={COLOURS[row.outcome]}>{label("outcome", row.outcome)}</Tag>,
    },
    { title: say("audit.address"), dataIndex: "address" },
    { title: say("audit.digest"), render: (_, row) => <code title={row.digest}>{row.digest.slice(0, 12)}</code> },
  ];
}

export function Audit() {
  const { say, label } = useWords(people);
  const search = useSearch({ from: "/audit" });
  const navigate = useNavigate();
  const columns = useColumns();
  const list = useQuery({
    queryKey: ["audit", search],
    queryFn: () => body(api.GET("/api/v1/audit", { params: { query: { limit: PAGE_ROWS, ...search } } })),
    placeholderData: keepPreviousData,
  });
  const go = (next: AuditSearch) => void navigate({ to: "/audit", search: next });
  const { cursor, ...filters } = search;
  const { outcome: _outcome, ...byActor } = filters;
  const { actor: _actor, ...byOutcome } = filters;
  const next = list.data?.next ?? null;
  return (
    <section aria-label={say("account.audit")}>
      <div className="page-head">
        <h1>{say("account.audit")}</h1>
        <Select<Outcome | "">
          style={{ width: 140 }}
          aria-label={say("audit.outcome")}
          value={search.outcome ?? ""}
          options={[
            { value: "", label: say("list.all") },
            ...OUTCOMES.map((each) => ({ value: each, label: label("outcome", each) })),
          ]}
          onChange={(outcome) => go(outcome === "" ? byActor : { ...byActor, outcome })}
        />
        <div style={{ width: 240 }}>
          <Choose<Schemas["Account"]>
            name={["accounts", "audit"]}
            ask={(asked) => body(api.GET("/api/v1/accounts", { params: { query: asked } }))}
            shown={(each) => `${each.name} (${each.login})`}
            label={say("audit.actor")}
            value={search.actor ?? null}
            onChange={(actor) => go(actor === null ? byOutcome : { ...byOutcome, actor })}
            clearable
          />
        </div>
        <Link to="/accounts">{say("account.all")}</Link>
      </div>
      {list.isError ? <Problem error={list.error} again={() => void list.refetch()} /> : null}
      <Table<Entry>
        rowKey="position"
        size="small"
        columns={columns}
        dataSource={list.data?.items ?? []}
        loading={list.isPending}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
      <div className="pages">
        <Button disabled={cursor === undefined} onClick={() => go(filters)}>
          {say("audit.newest")}
        </Button>
        <Button disabled={next === null} onClick={() => go({ ...filters, ...(next === null ? {} : { cursor: next }) })}>
          {say("list.after")}
        </Button>
      </div>
    </section>
  );
}
