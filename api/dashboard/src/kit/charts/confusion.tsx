/** A confusion matrix as a table: the more, the deeper its colour; a cell leads to the images behind it. */
import type { ReactNode } from "react";

import { useWords } from "../../words/say";
import "./charts.css";
import { charts } from "./words";

/** Row (true class), column (found class), how many. */
export type Cell = readonly [row: number, column: number, count: number];

interface Props {
  rows: readonly string[];
  columns: readonly string[];
  cells: readonly Cell[];
  /** What a cell leads to: a link around its count, named by `label`. */
  link: (row: number, column: number, shown: ReactNode, label: string) => ReactNode;
}

/** How deep a cell's colour is, 0 to 100: its part of its row. */
export function depth(count: number, row_total: number): number {
  return row_total === 0 ? 0 : Math.round((count / row_total) * 100);
}

const STEPS = 5;

export function Confusion({ rows, columns, cells, link }: Props) {
  const { say } = useWords(charts);
  const counts = new Map(cells.map(([row, column, count]) => [`${row}/${column}`, count]));
  const totals = rows.map((_, row) => cells.reduce((sum, cell) => (cell[0] === row ? sum + cell[2] : sum), 0));
  const label = say("chart.confusion.label");
  return (
    <div className="chart-rows" tabIndex={0} role="region" aria-label={label}>
      <table className="confusion">
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">{say("chart.confusion.corner")}</th>
            {columns.map((column, at) => (
              <th key={at} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, y) => (
            <tr key={y}>
              <th scope="row">{row}</th>
              {columns.map((column, x) => {
                const count = counts.get(`${y}/${x}`) ?? 0;
                const deep = Math.ceil((depth(count, totals[y] ?? 0) / 100) * STEPS);
                const said = say("chart.confusion.cell", { row, column, count });
                return (
                  <td key={x} className={`${y === x ? "hit" : "miss"} deep-${deep}`}>
                    {count === 0 ? "0" : link(y, x, count, said)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
