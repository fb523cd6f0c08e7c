/** A chart on its place: drawn when its library is there, told in a sentence, with its figures as a table behind it. */

import { useEffect, useRef, useState } from "react";

import { useTheme } from "../../frame/theme-context";
import { useWords } from "../../words/say";
import "./charts.css";
import type { Option } from "./engine";
import { type Ink, INKS } from "./palette";
import { charts } from "./words";

export interface Figures {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

interface Props {
  /** What the chart shows, as a sentence; the figures say the rest. */
  label: string;
  /** Made anew only where what it shows has changed: keep it with useCallback. */
  option: (ink: Ink) => Option;
  /** Asked for when a reader opens the table. */
  figures: () => Figures;
  height_px?: number;
}

export const HEIGHT_PX = 320;

export function Chart({ label, option, figures, height_px = HEIGHT_PX }: Props) {
  const { mode } = useTheme();
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ setOption: (option: Option, again: boolean) => void; resize: () => void } | null>(null);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let end = () => {
      gone = true;
    };
    let gone = false;
    void import("./engine").then(({ begin }) => {
      if (gone || place.current === null) return;
      const chart = begin(place.current);
      const watch = new ResizeObserver(() => chart.resize());
      watch.observe(place.current);
      drawn.current = chart;
      setReady(true);
      end = () => {
        watch.disconnect();
        chart.dispose();
        drawn.current = null;
      };
    });
    return () => end();
  }, []);
  useEffect(() => {
    if (ready) drawn.current?.setOption(option(INKS[mode]), true);
  }, [ready, option, mode]);
  return (
    <figure style={{ margin: 0 }}>
      <div ref={place} role="img" aria-label={label} style={{ width: "100%", height: height_px }} />
      <Behind label={label} figures={figures} />
    </figure>
  );
}

/** The same figures as a table, made when it is opened. */
function Behind({ label, figures }: Pick<Props, "label" | "figures">) {
  const { say } = useWords(charts);
  const [open, setOpen] = useState(false);
  return (
    <details className="chart-figures" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say("chart.table")}</summary>
      {open ? <FiguresTable label={label} {...figures()} /> : null}
    </details>
  );
}

function FiguresTable({ label, columns, rows }: { label: string } & Figures) {
  return (
    <div className="chart-rows" tabIndex={0} role="region" aria-label={label}>
      <table>
        <caption>{label}</caption>
        <thead>
          <tr>
            {columns.map((each, at) => (
              <th key={at} scope="col">
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map((each, column) =>
                column === 0 ? (
                  <th key={column} scope="row">
                    {each}
                  </th>
                ) : (
                  <td key={column}>{each}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
