/** What the tests were asked for: that in which they differ, or all of it. */
import { Switch } from "antd";

import type { Schemas } from "../../api/client";
import { Sample } from "../../kit/charts/legend";
import type { Run } from "../../kit/charts/options";
import { type Column, Grid } from "../../kit/grid";
import { useWords } from "../../words/say";
import { compare } from "./words";

interface Props {
  data: Schemas["Comparison"];
  runs: readonly Run[];
  all: boolean;
  show: (all: boolean) => void;
}

export function Parameters({ data, runs, all, show }: Props) {
  const { say, label } = useWords(compare);
  const base = data.tests.findIndex((each) => each.test.id === data.base);
  const columns: Column<Schemas["Parameter"]>[] = [
    { key: "name", title: say("compare.parameter"), show: (row) => label("asked", row.name) },
    ...runs.map((run, at) => ({
      title: (
        <span className="run">
          <Sample slot={run.slot} /> {run.name}
        </span>
      ),
      key: run.key,
      show: (row: Schemas["Parameter"]) => {
        const value = row.values[at] ?? "";
        return <span className="parameter">{value === row.values[base] ? value : <strong>{`≠ ${value}`}</strong>}</span>;
      },
    })),
  ];
  return (
    <section aria-labelledby="compare-parameters">
      <h2 id="compare-parameters">{say("compare.parameters")}</h2>
      <p className="run">
        <Switch size="small" checked={!all} aria-label={say("compare.only_different")} onChange={(only) => show(!only)} />
        {say("compare.only_different")}
      </p>
      <Grid
        label={say("compare.parameters")}
        columns={columns}
        rows={all ? [...data.parameters, ...data.shared] : data.parameters}
        rowKey={(row) => row.name}
        none={say("compare.none_different")}
      />
    </section>
  );
}
