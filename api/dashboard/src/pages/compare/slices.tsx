/** Slices by runs: a figure in each group of images, coloured by its verdict against the base. */
import { Select } from "antd";

import { Sample } from "../../kit/charts/legend";
import type { Run } from "../../kit/charts/options";
import { type Column, Grid } from "../../kit/grid";
import { useWords } from "../../words/say";
import { useFigureName } from "./figure-name";
import { type Compared, keysOf, told, valueText } from "./figures";
import { heatOf, sliceRows } from "./heat";
import { ToldDifference } from "./told";
import { compare } from "./words";

interface Props {
  tests: readonly Compared[];
  base: Compared;
  runs: readonly Run[];
  figure: string | undefined;
  choose: (figure: string) => void;
}

export function Slices({ tests, base, runs, figure, choose }: Props) {
  const { say } = useWords(compare);
  const rows = sliceRows(keysOf(tests, true));
  const figures = [...new Set(rows.flatMap((row) => [...row.keys.keys()]))];
  const chosen = figure !== undefined && figures.includes(figure) ? figure : figures[0];
  const nameOf = useFigureName();
  return (
    <section aria-labelledby="compare-slices">
      <h2 id="compare-slices">{say("compare.slices")}</h2>
      {chosen === undefined ? (
        <p>{say("compare.slices_none")}</p>
      ) : (
        <>
          <label className="run">
            {say("compare.slices_of")}
            <Select<string>
              aria-label={say("compare.slices_of")}
              style={{ minWidth: 240 }}
              value={chosen}
              options={figures.map((each) => ({ value: each, label: nameOf(each) }))}
              onChange={choose}
            />
          </label>
          <Heat tests={tests} base={base} runs={runs} rows={rows.filter((row) => row.keys.has(chosen))} figure={chosen} />
        </>
      )}
    </section>
  );
}

type SliceRow = ReturnType<typeof sliceRows>[number];

interface HeatProps extends Omit<Props, "choose" | "figure"> {
  rows: readonly SliceRow[];
  figure: string;
}

function Heat({ tests, base, runs, rows, figure }: HeatProps) {
  const { say } = useWords(compare);
  const columns: Column<SliceRow>[] = [
    { key: "slice", title: say("compare.slice"), show: (row) => `${row.dimension} = ${row.value}` },
    ...tests.map((test, at) => ({
      title: (
        <span className="run">
          <Sample slot={runs[at]?.slot ?? at} /> {runs[at]?.name}
        </span>
      ),
      key: test.test.id,
      className: (row: SliceRow) => heatOf(test.verdicts[row.keys.get(figure) ?? ""]),
      show: (row: SliceRow) => {
        const key = row.keys.get(figure) ?? "";
        return (
          <>
            <div className="value">{valueText(key, test.figures[key])}</div>
            {test === base ? null : <ToldDifference told={told(key, test, base)} />}
          </>
        );
      },
    })),
  ];
  return <Grid label={say("compare.slices")} columns={columns} rows={rows} rowKey={(row) => `${row.dimension}=${row.value}`} />;
}
