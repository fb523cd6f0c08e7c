/** A table of figures: plain, so that hundreds of cells are there at once; it scrolls sideways, by keyboard too. */
import "./grid.css";

import { Fragment, type ReactNode } from "react";

export interface Column<Row> {
  key: string;
  title: ReactNode;
  show: (row: Row, at: number) => ReactNode;
  className?: (row: Row) => string | undefined;
  /** Stays in sight at this edge while the others scroll. */
  stays?: "first" | "last";
}

interface Props<Row> {
  /** What the table is called where nothing but its sound is known. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** What stands under a row, over its whole width. */
  under?: (row: Row) => ReactNode;
  /** What is said where there are no rows. */
  none?: string;
}

export function Grid<Row>({ label, columns, rows, rowKey, under, none }: Props<Row>) {
  return (
    <div className="grid">
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={column.stays ?? ""}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <Fragment key={rowKey(row)}>
              <tr>
                {columns.map((column) => (
                  <td key={column.key} className={`${column.stays ?? ""} ${column.className?.(row) ?? ""}`}>
                    {column.show(row, at)}
                  </td>
                ))}
              </tr>
              <Under width={columns.length}>{under?.(row)}</Under>
            </Fragment>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && none !== undefined ? <p className="hint">{none}</p> : null}
    </div>
  );
}

function Under({ width, children }: { width: number; children: ReactNode }) {
  if (children === null || children === undefined) return null;
  return (
    <tr>
      <td colSpan={width}>
        <div className="under">{children}</div>
      </td>
    </tr>
  );
}
