/** Which line or bar is which run, as text with a sample of its look. */
import type { ReactNode } from "react";

import { useTheme } from "../../frame/theme-context";
import type { Run } from "./options";
import { lookOf } from "./palette";

/** The look of a slot: a short line of its colour and dash. */
export function Sample({ slot }: { slot: number }) {
  const { mode } = useTheme();
  const { colour, dash } = lookOf(slot, mode);
  return (
    <svg width="32" height="8" aria-hidden focusable="false">
      <line x1="0" y1="4" x2="32" y2="4" stroke={colour} strokeWidth="3" strokeDasharray={dash.join(" ")} />
    </svg>
  );
}

export function Legend({ runs, note }: { runs: readonly Run[]; note?: (key: string) => ReactNode }) {
  return (
    <ul className="chart-legend">
      {runs.map((run) => (
        <li key={run.key}>
          <Sample slot={run.slot} /> {run.name} {note?.(run.key)}
        </li>
      ))}
    </ul>
  );
}
