/** One table of all runs: a row each, the base on top, a column for each figure with its difference from the base. */
import { Link } from "@tanstack/react-router";
import { Button, Tag, Tooltip } from "antd";

import { percent } from "../../kit/charts/figures";
import { Sample } from "../../kit/charts/legend";
import type { Run } from "../../kit/charts/options";
import { type Column, Grid } from "../../kit/grid";
import { short } from "../../kit/shown";
import { useWords } from "../../words/say";
import { CLASS_FIGURES, classTold, rowOf, tasksWith } from "./classes";
import { useFigureName } from "./figure-name";
import { baseFirst, bestOf, type Compared, keysOf, precisionOf, told, valueText } from "./figures";
import { ToldDifference } from "./told";
import { compare } from "./words";

interface Props {
  tests: readonly Compared[];
  runs: readonly Run[];
  base: Compared;
  /** The class that the page is about. */
  name: string | undefined;
  makeBase: (id: string) => void;
  remove: (id: string) => void;
}

export function MergedTable({ tests, runs, base, name, makeBase, remove }: Props) {
  const { say } = useWords(compare);
  const figures = useFigureColumns(tests, base);
  const ofClass = useClassColumns(tests, base, name);
  const names = new Map(runs.map((each) => [each.key, each]));
  const columns: Column<Compared>[] = [
    {
      title: say("compare.test"),
      key: "test",
      stays: "first",
      show: (row) => <RunName row={row} run={names.get(row.test.id)} base={base.test.id === row.test.id} />,
    },
    { title: say("compare.dataset"), key: "dataset", show: ({ test }) => test.dataset },
    { title: say("compare.backend"), key: "backend", show: ({ test }) => <Backend test={test} /> },
    ...ofClass,
    ...figures,
    {
      title: say("column.actions"),
      key: "actions",
      stays: "last",
      show: (row) => (
        <RowActions row={row} name={names.get(row.test.id)?.name ?? ""} base={base.test.id} makeBase={makeBase} remove={remove} />
      ),
    },
  ];
  return (
    <section aria-labelledby="compare-table">
      <h2 id="compare-table">{say("compare.table")}</h2>
      <Grid
        label={say("compare.table")}
        columns={columns}
        rows={baseFirst(tests, base.test.id)}
        rowKey={(row) => row.test.id}
        under={(row) => (row.messages.length > 0 ? <Unfair row={row} /> : null)}
      />
      <p className="hint">{say("compare.hint")}</p>
    </section>
  );
}

/** Of the class that the page is about: precision, recall, AP in each task that has it. */
function useClassColumns(tests: readonly Compared[], base: Compared, name: string | undefined): Column<Compared>[] {
  const { label } = useWords(compare);
  if (name === undefined) return [];
  return tasksWith(tests, name).flatMap((task) =>
    CLASS_FIGURES.filter((figure) => tests.some((each) => (rowOf(each, task, name)?.[figure] ?? null) !== null)).map((figure) => ({
      title: `${name} · ${figure === "ap" ? "AP" : label("measured", figure)}`,
      key: `${task}/${figure}`,
      show: (row: Compared) => (
        <>
          <div className="value">{percent(rowOf(row, task, name)?.[figure])}</div>
          {row === base ? null : <ToldDifference told={classTold(row, task, name, figure)} />}
        </>
      ),
    })),
  );
}

function useFigureColumns(tests: readonly Compared[], base: Compared): Column<Compared>[] {
  const { say } = useWords(compare);
  const nameOf = useFigureName();
  return keysOf(tests, false).map((key) => {
    const best = bestOf(key, tests);
    return {
      title: nameOf(key),
      key,
      show: (row: Compared) => (
        <>
          <div className="value">
            {best === row.test.id ? (
              <strong>{`${valueText(key, row.figures[key])} ${say("compare.best")}`}</strong>
            ) : (
              valueText(key, row.figures[key])
            )}
          </div>
          {row.test.id === base.test.id ? null : <ToldDifference told={told(key, row, base)} />}
        </>
      ),
    };
  });
}

function RunName({ row, run, base }: { row: Compared; run: Run | undefined; base: boolean }) {
  const { say } = useWords(compare);
  const { test } = row;
  return (
    <>
      <div className="run">
        <Sample slot={run?.slot ?? 0} />
        <Link to="/tests/$id" params={{ id: test.id }}>{`${test.model}@${test.version}`}</Link>
        <span>{precisionOf(test)}</span>
        <code>{short(test.id)}</code>
        {base ? <Tag color="processing">{say("compare.base")}</Tag> : null}
      </div>
      {row.messages.length > 0 ? <Tag color="warning">{say("compare.unfair", { n: row.messages.length })}</Tag> : null}
    </>
  );
}

function Backend({ test }: Pick<Compared, "test">) {
  const { say } = useWords(compare);
  const { used } = test;
  if (!used) return <>{test.backend}</>;
  const why = say("compare.off_platform_why", { device: used.device ?? "?" });
  return (
    <>
      <div>{used.backend}</div>
      {used.on_platform ? null : (
        <Tooltip title={why}>
          <Tag tabIndex={0} color="warning">
            {say("compare.off_platform")}
          </Tag>
        </Tooltip>
      )}
    </>
  );
}

/** What keeps the row from comparing fairly, in the API's sentences. */
function Unfair({ row }: { row: Compared }) {
  return (
    <ul className="unfair">
      {row.messages.map((each) => (
        <li key={each}>{each}</li>
      ))}
    </ul>
  );
}

interface ActionsProps extends Pick<Props, "makeBase" | "remove"> {
  row: Compared;
  name: string;
  base: string;
}

function RowActions({ row, name, base, makeBase, remove }: ActionsProps) {
  const { say } = useWords(compare);
  const { id } = row.test;
  return (
    <div className="row-actions">
      <Button size="small" disabled={id === base} aria-label={say("compare.make_base_of", { name })} onClick={() => makeBase(id)}>
        {say("compare.make_base")}
      </Button>
      <Button size="small" aria-label={say("compare.remove_of", { name })} onClick={() => remove(id)}>
        {say("compare.remove")}
      </Button>
    </div>
  );
}
