/** Precision against recall of several runs; under the pointer every run's precision and the score there. */
import { useCallback } from "react";

import { useWords } from "../../words/say";
import { Chart, type Figures } from "./chart";
import type { Option } from "./engine";
import { fixed, percent } from "./figures";
import { Legend } from "./legend";
import { fractions, frame, pointed, type Run, tooltip } from "./options";
import { type Ink, lookOf } from "./palette";
import { charts } from "./words";

/** `points` are precisions at recalls from 0 to 1 in equal steps, `scores` the scores there (null: never reached). */
export interface PrCurve extends Run {
  ap?: number | null;
  points: readonly number[];
  scores: readonly (number | null)[];
  /** The score from which on boxes count; its place on the curve is marked. */
  threshold?: number | null;
}

/** The place of a curve where a threshold stands: the last whose score is not below it; -1 where there is none. */
export function placeOf(curve: Pick<PrCurve, "scores">, threshold: number): number {
  return curve.scores.reduce<number>((last, score, at) => (score !== null && score >= threshold ? at : last), -1);
}

export function recallAt(place: number, count: number): number {
  return count < 2 ? 0 : place / (count - 1);
}

interface Words {
  recall: string;
  precision: string;
  score: string;
}

/** What stands under the pointer: one line a run. */
export function told(curves: readonly PrCurve[], place: number, words: Words): string {
  const count = curves[0]?.points.length ?? 0;
  const head = `${words.recall} ${percent(recallAt(place, count), 0)}`;
  const lines = curves.map((curve) => {
    const score = curve.scores[place] ?? null;
    const precision = score === null ? null : curve.points[place];
    return `${curve.name}: ${words.precision} ${percent(precision)} · ${words.score} ${fixed(score)}`;
  });
  return [head, ...lines].join("\n");
}

export function prOption(curves: readonly PrCurve[], words: Words, ink: Ink): Option {
  return {
    ...frame(ink),
    xAxis: fractions(ink, words.recall, "x"),
    yAxis: fractions(ink, words.precision, "y"),
    tooltip: {
      ...tooltip(ink, "axis"),
      formatter: (params: unknown) => told(curves, pointed(params) ?? 0, words),
    },
    series: curves.map((curve) => {
      const look = lookOf(curve.slot, ink.mode);
      const count = curve.points.length;
      const at = typeof curve.threshold === "number" ? placeOf(curve, curve.threshold) : -1;
      return {
        type: "line" as const,
        name: curve.name,
        showSymbol: false,
        symbol: look.mark,
        lineStyle: { color: look.colour, width: 2, type: look.dash.length ? [...look.dash] : ("solid" as const) },
        itemStyle: { color: look.colour },
        data: curve.points.map((precision, place) => [
          recallAt(place, count),
          (curve.scores[place] ?? null) === null ? null : precision,
        ]),
        ...(at < 0
          ? {}
          : {
              markPoint: {
                symbol: look.mark,
                symbolSize: 12,
                label: { show: false },
                data: [{ name: curve.name, coord: [recallAt(at, count), curve.points[at] ?? 0] }],
              },
            }),
      };
    }),
  };
}

export function prFigures(curves: readonly PrCurve[], words: Words): Figures {
  const count = curves[0]?.points.length ?? 0;
  return {
    columns: [
      words.recall,
      ...curves.flatMap((curve) => [`${curve.name} ${words.precision}`, `${curve.name} ${words.score}`]),
    ],
    rows: Array.from({ length: count }, (_, place) => [
      percent(recallAt(place, count), 0),
      ...curves.flatMap((curve) => {
        const score = curve.scores[place] ?? null;
        return [percent(score === null ? null : curve.points[place]), fixed(score)];
      }),
    ]),
  };
}

export function PrCurves({ curves, height_px }: { curves: readonly PrCurve[]; height_px?: number }) {
  const { say, lang } = useWords(charts);
  const words = { recall: say("chart.recall"), precision: say("chart.precision"), score: say("chart.score") };
  const option = useCallback((ink: Ink) => prOption(curves, words, ink), [curves, lang]);
  const ap = (key: string) => {
    const found = curves.find((each) => each.key === key)?.ap;
    return found === undefined ? null : <b>{`${say("chart.ap")} ${percent(found)}`}</b>;
  };
  const runs = curves.map((each) => `${each.name} ${say("chart.ap")} ${percent(each.ap)}`).join(", ");
  return (
    <>
      <Legend runs={curves} note={ap} />
      <Chart
        label={say("chart.pr.label", { runs })}
        option={option}
        figures={() => prFigures(curves, words)}
        {...(height_px === undefined ? {} : { height_px })}
      />
    </>
  );
}
