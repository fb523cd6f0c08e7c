/** Figures by class as bars in groups: precision and recall of one run, or one measure of several. */
import { useCallback } from "react";

import { useWords } from "../../words/say";
import { Chart, type Figures } from "./chart";
import type { Option } from "./engine";
import { percent } from "./figures";
import { Legend } from "./legend";
import { fractions, frame, names, pointed, type Run, tooltip } from "./options";
import { type Ink, lookOf } from "./palette";
import { charts } from "./words";

/** One bar in every group: `values` are fractions of 1 (null: undefined), in the order of the groups. */
export interface Bars extends Run {
  values: readonly (number | null)[];
  /** Bars with stripes tell recall from precision without colour. */
  striped?: boolean;
}

const STRIPES = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4 };

export function barsOption(groups: readonly string[], bars: readonly Bars[], ink: Ink): Option {
  return {
    ...frame(ink),
    grid: { left: 48, right: 16, top: 28, bottom: groups.length > 8 ? 88 : 36 },
    xAxis: names(ink, groups),
    yAxis: fractions(ink, "", "y"),
    tooltip: {
      ...tooltip(ink, "axis"),
      formatter: (params: unknown) => {
        const at = pointed(params) ?? 0;
        return [groups[at] ?? "", ...bars.map((each) => `${each.name}: ${percent(each.values[at])}`)].join("\n");
      },
    },
    series: bars.map((each) => ({
      type: "bar" as const,
      name: each.name,
      barGap: "10%",
      barMaxWidth: 36,
      itemStyle: {
        color: lookOf(each.slot, ink.mode).colour,
        ...(each.striped ? { decal: { ...STRIPES, color: ink.ground } } : {}),
      },
      data: [...each.values],
    })),
  };
}

export function barsFigures(groups: readonly string[], bars: readonly Bars[], head: string): Figures {
  return {
    columns: [head, ...bars.map((each) => each.name)],
    rows: groups.map((group, at) => [group, ...bars.map((each) => percent(each.values[at]))]),
  };
}

interface Props {
  groups: readonly string[];
  bars: readonly Bars[];
  label?: string;
}

export function PrBars({ groups, bars, label }: Props) {
  const { say } = useWords(charts);
  const option = useCallback((ink: Ink) => barsOption(groups, bars, ink), [groups, bars]);
  const runs = bars.map((each) => each.name).join(", ");
  return (
    <>
      <Legend runs={bars} />
      <Chart
        label={label ?? say("chart.bars.label", { runs, count: groups.length })}
        option={option}
        figures={() => barsFigures(groups, bars, say("chart.class"))}
      />
    </>
  );
}
