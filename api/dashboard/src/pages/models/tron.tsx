/** One Tron model: what it is and where it comes from, what its file says of itself and how its graph looks, how its conversion was verified. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Spin, Typography } from "antd";

import { Problem } from "../../kit/problem";
import { Segments } from "../../kit/segments";
import { useWords } from "../../words/say";
import { type Tron, tronCalls } from "./calls";
import { Describe } from "./describe";
import { Graph } from "./graph";
import { Made } from "./made";
import { Report } from "./report";
import { type Tab, TABS, type TronSearch } from "./search";
import { About } from "./tron-about";
import { TronActions } from "./tron-actions";
import { models } from "./words";

export function TronPage() {
  const { id } = useParams({ from: "/models/trons/$id" });
  const search = useSearch({ from: "/models/trons/$id" });
  const found = useQuery({ queryKey: ["models", id], queryFn: () => tronCalls.one(id) });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Spin />;
  return <Shown tron={found.data} search={search} />;
}

function Shown({ tron, search }: { tron: Tron; search: TronSearch }) {
  const { say } = useWords(models);
  const navigate = useNavigate();
  const tab = search.tab ?? "about";
  const show = (next: Tab) =>
    void navigate({ to: "/models/trons/$id", params: { id: tron.id }, search: next === "about" ? {} : { tab: next } });
  return (
    <>
      <div className="page-head">
        <h1>{`${tron.name} @ ${tron.version}`}</h1>
        <Made tron={tron} />
        <Segments<Tab>
          aria-label={say("tab.choose")}
          name="tab"
          value={tab}
          options={TABS.map((each) => ({ value: each, label: say(`tab.${each}`) }))}
          onChange={show}
        />
        <span style={{ flex: 1 }} />
        {tron.deleted_at ? <Typography.Text type="danger">{say("thing.deleted")}</Typography.Text> : <TronActions row={tron} />}
      </div>
      {tab === "about" ? <About tron={tron} /> : null}
      {tab === "describe" ? <Describe id={tron.id} /> : null}
      {tab === "graph" ? <Graph tron={tron} number={search.graph ?? 0} /> : null}
      {tab === "report" ? <Report tron={tron} revision={search.revision} /> : null}
    </>
  );
}
