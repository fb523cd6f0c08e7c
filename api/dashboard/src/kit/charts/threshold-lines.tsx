/** Precision, recall and F1 against the score threshold: where F1 is best, and where the reader stands. */
import { useCallback } from "react";

import { useWords } from "../../words/say";
import { Chart, type Figures } from "./chart";
import type { Option } from "./engine";
import { f1Of, fixed, percent } from "./figures";
import { Legend } from "./legend";
import { fractions, frame, pointed, type Run, tooltip } from "./options";
import { type Ink, lookOf } from "./palette";
import { charts } from "./words";

/** What holds at one threshold. */
export interface Step {
  threshold: number;
  precision: number | null;
  recall: number | null;
}

/** The step with the best F1, of equal ones the strictest, as the evaluation's own; null where F1 is nowhere defined. */
export function bestOf(steps: readonly Step[]): Step | null {
  let best: Step | null = null;
  for (const step of steps) {
    const f1 = f1Of(step.precision, step.recall);
    if (f1 !== null && f1 >= (best === null ? -1 : (f1Of(best.precision, best.recall) ?? -1))) best = step;
  }
  return best;
}

const KEYS = ["precision", "recall", "f1"] as const;
type Key = (typeof KEYS)[number];

function valueOf(step: Step, key: Key): number | null {
  return key === "f1" ? f1Of(step.precision, step.recall) : step[key];
}

interface Said {
  score: string;
  runs: readonly Run[];
  best: string;
  now: string;
}

export function thresholdOption(steps: readonly Step[], now: number, said: Said, ink: Ink): Option {
  const best = bestOf(steps);
  const line = { color: ink.text, type: "dashed" as const };
  return {
    ...frame(ink),
    xAxis: fractions(ink, said.score, "x"),
    yAxis: fractions(ink, "", "y"),
    tooltip: {
      ...tooltip(ink, "axis"),
      formatter: (params: unknown) => {
        const step = steps[pointed(params) ?? 0];
        if (step === undefined) return "";
        const lines = KEYS.map((key, at) => `${said.runs[at]?.name ?? key} ${percent(valueOf(step, key))}`);
        return [`${said.score} ${fixed(step.threshold, 2)}`, ...lines].join("\n");
      },
    },
    series: KEYS.map((key, at) => {
      const look = lookOf(at, ink.mode);
      return {
        type: "line" as const,
        name: said.runs[at]?.name ?? key,
        showSymbol: false,
        lineStyle: { color: look.colour, width: 2, type: look.dash.length ? [...look.dash] : ("solid" as const) },
        itemStyle: { color: look.colour },
        data: steps.map((step) => [step.threshold, valueOf(step, key)]),
        ...(at > 0
          ? {}
          : {
              markLine: {
                symbol: "none",
                silent: true,
                label: { color: ink.text },
                data: [
                  ...(best === null ? [] : [{ xAxis: best.threshold, lineStyle: line, label: { formatter: said.best } }]),
                  {
                    xAxis: now,
                    lineStyle: { color: ink.text, width: 2 },
                    label: { formatter: said.now, position: "insideEndTop" as const },
                  },
                ],
              },
            }),
      };
    }),
  };
}

function figuresOf(steps: readonly Step[], head: readonly string[]): Figures {
  return {
    columns: head,
    rows: steps.map((step) => [fixed(step.threshold, 2), ...KEYS.map((key) => percent(valueOf(step, key)))]),
  };
}

/** `steps` by rising threshold. */
export function ThresholdLines({ steps, now }: { steps: readonly Step[]; now: number }) {
  const { say, lang } = useWords(charts);
  const best = bestOf(steps);
  const runs = KEYS.map((key, slot) => ({ key, slot, name: say(`chart.${key}`) }));
  const at = fixed(best?.threshold, 2);
  const said: Said = {
    score: say("chart.score"),
    runs,
    best: say("chart.threshold.best", { best: at }),
    now: say("chart.threshold.now", { now: fixed(now, 2) }),
  };
  const option = useCallback((ink: Ink) => thresholdOption(steps, now, said, ink), [steps, now, lang]);
  const f1 = percent(best === null ? null : f1Of(best.precision, best.recall));
  return (
    <>
      <Legend runs={runs} />
      <Chart
        label={say("chart.threshold.label", { best: at, f1 })}
        option={option}
        figures={() => figuresOf(steps, [said.score, ...runs.map((each) => each.name)])}
      />
    </>
  );
}
