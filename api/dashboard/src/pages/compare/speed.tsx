/** Accuracy against time, and the three timings of every run. */
import { useMemo } from "react";

import type { Schemas } from "../../api/client";
import { milliseconds, percent } from "../../kit/charts/figures";
import { Sample } from "../../kit/charts/legend";
import type { Run } from "../../kit/charts/options";
import { Scatter, type Spot } from "../../kit/charts/scatter";
import { type Column, Grid } from "../../kit/grid";
import { Segments } from "../../kit/segments";
import { useWords } from "../../words/say";
import type { Compared } from "./figures";
import { type Time, TIMES } from "./search";
import { compare } from "./words";

const STAGES = ["preprocess", "inference", "postprocess"] as const;

interface Props {
  tests: readonly Compared[];
  runs: readonly Run[];
  time: Time;
  choose: (time: Time) => void;
}

export function Speed({ tests, runs, time, choose }: Props) {
  const { say, label, lang } = useWords(compare);
  const spots = useMemo(
    (): Spot[] =>
      tests.flatMap(({ figures }, at) => {
        const [run, x, y] = [runs[at], figures[time] ?? null, figures["accuracy"] ?? null];
        return run === undefined || x === null || y === null ? [] : [{ ...run, x, y }];
      }),
    [tests, runs, time],
  );
  const x = useMemo(() => ({ name: label("measured", time), show: (value: number) => milliseconds(value) }), [time, lang]);
  const y = useMemo(() => ({ name: label("measured", "accuracy"), show: (value: number) => percent(value) }), [lang]);
  return (
    <section aria-labelledby="compare-speed">
      <h2 id="compare-speed">{say("compare.speed")}</h2>
      <Segments<Time>
        aria-label={say("compare.time")}
        value={time}
        options={TIMES.map((each) => ({ value: each, label: label("measured", each) }))}
        onChange={choose}
      />
      {spots.length > 0 ? <Scatter spots={spots} x={x} y={y} /> : null}
      <Timings tests={tests} runs={runs} />
    </section>
  );
}

function stageText(timing: Schemas["StageTiming"] | null): string {
  if (timing === null) return milliseconds(null);
  return [timing.mean_ms, timing.p50_ms, timing.p95_ms].map(milliseconds).join(" / ");
}

function Timings({ tests, runs }: Pick<Props, "tests" | "runs">) {
  const { say, label } = useWords(compare);
  const columns: Column<Compared>[] = [
    {
      key: "run",
      title: say("compare.stage"),
      show: (_, at) => (
        <span className="run">
          <Sample slot={runs[at]?.slot ?? at} /> {runs[at]?.name}
        </span>
      ),
    },
    ...STAGES.map((stage) => ({
      title: label("measured", `${stage}_ms`),
      key: stage,
      show: (row: Compared) => stageText(row.test[stage]),
    })),
    { key: "total", title: label("measured", "total_ms"), show: ({ test }) => milliseconds(test.total_ms) },
  ];
  return <Grid label={say("compare.stage")} columns={columns} rows={tests} rowKey={(row) => row.test.id} />;
}
