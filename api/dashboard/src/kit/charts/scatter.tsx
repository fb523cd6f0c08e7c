/** Accuracy against time (or any two figures): one mark a run. */
import { useCallback } from "react";

import { useWords } from "../../words/say";
import { Chart, type Figures } from "./chart";
import type { Option } from "./engine";
import { frame, numbers, type Run, tooltip } from "./options";
import { type Ink, lookOf } from "./palette";
import { charts } from "./words";

export interface Spot extends Run {
  x: number;
  y: number;
}

interface Axis {
  name: string;
  show: (value: number) => string;
}

interface Props {
  spots: readonly Spot[];
  x: Axis;
  y: Axis;
}

export function scatterOption({ spots, x, y }: Props, ink: Ink): Option {
  const across = spots.map((spot) => spot.x);
  const middle = (Math.min(...across) + Math.max(...across)) / 2;
  return {
    ...frame(ink),
    grid: { left: 64, right: 32, top: 36, bottom: 48 },
    xAxis: { ...numbers(ink, x.name, "x"), axisLabel: { color: ink.text, formatter: x.show } },
    yAxis: { ...numbers(ink, y.name, "y"), axisLabel: { color: ink.text, formatter: y.show } },
    tooltip: tooltip(ink, "item"),
    series: spots.map((spot) => {
      const look = lookOf(spot.slot, ink.mode);
      return {
        type: "scatter" as const,
        name: spot.name,
        symbol: look.mark,
        symbolSize: 16,
        itemStyle: { color: look.colour },
        data: [[spot.x, spot.y]],
        label: { show: spots.length <= 12, formatter: spot.name, position: spot.x > middle ? ("left" as const) : ("right" as const), color: ink.text },
        labelLayout: { hideOverlap: true },
        tooltip: { formatter: [spot.name, `${x.name} ${x.show(spot.x)}`, `${y.name} ${y.show(spot.y)}`].join("\n") },
      };
    }),
  };
}

export function scatterFigures({ spots, x, y }: Props, head: string): Figures {
  return {
    columns: [head, x.name, y.name],
    rows: spots.map((spot) => [spot.name, x.show(spot.x), y.show(spot.y)]),
  };
}

/** Keep `spots` and both axes with useMemo. */
export function Scatter({ spots, x, y }: Props) {
  const { say } = useWords(charts);
  const option = useCallback((ink: Ink) => scatterOption({ spots, x, y }, ink), [spots, x, y]);
  const runs = spots.map((each) => `${each.name} (${x.show(each.x)}, ${y.show(each.y)})`).join(", ");
  return (
    <Chart
      label={say("chart.scatter.label", { x: x.name, y: y.name, runs })}
      option={option}
      figures={() => scatterFigures({ spots, x, y }, say("chart.run"))}
    />
  );
}
