/** The curves of one class, all runs on one pair of axes; of classification bars by class, a chart for each task. */
import { useQuery } from "@tanstack/react-query";
import { Spin } from "antd";
import { useMemo } from "react";

import { api, body } from "../../api/client";
import type { Run } from "../../kit/charts/options";
import { type Bars, PrBars } from "../../kit/charts/pr-bars";
import { type PrCurve, PrCurves } from "../../kit/charts/pr-curves";
import { Problem } from "../../kit/problem";
import { Segments } from "../../kit/segments";
import { useWords } from "../../words/say";
import { measured, mostRegressed, rowOf, tasksOf, tasksWith } from "./classes";
import type { Compared } from "./figures";
import { type Measure, MEASURES } from "./search";
import { compare } from "./words";

const GROUPS_MAX = 20;

interface Props {
  tests: readonly Compared[];
  base: Compared;
  runs: readonly Run[];
  name: string | undefined;
}

export function Curves({ tests, runs, name }: Omit<Props, "base">) {
  const { say } = useWords(compare);
  const ids = tests.map((each) => each.test.id).join(",");
  const found = useQuery({
    queryKey: ["tests", "curves", ids, name],
    queryFn: () =>
      body(api.GET("/api/v1/comparisons/curves", { params: { query: { tests: ids, ...(name ? { class: name } : {}) } } })),
  });
  const curves = useMemo((): PrCurve[] => {
    const drawn = (found.data?.curves ?? []).filter((each) => each.points.length > 0);
    const tasks = new Set(drawn.map((each) => each.task));
    return drawn.flatMap((each) => {
      const run = runs.find((one) => one.key === each.test);
      if (run === undefined) return [];
      const own = tasks.size > 1 ? `${run.name} · ${each.task}` : run.name;
      return [{ ...run, key: `${run.key}/${each.task}`, name: own, ap: each.ap, points: each.points, scores: each.scores }];
    });
  }, [found.data, runs]);
  const shown = found.data?.curves[0]?.name ?? name;
  return (
    <section aria-labelledby="compare-curves">
      <h2 id="compare-curves">{shown ? say("compare.curves_of", { name: shown }) : say("compare.curves")}</h2>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending ? <Spin /> : null}
      {found.data && curves.length === 0 ? <p>{say("compare.no_curve")}</p> : null}
      {curves.length > 0 ? <PrCurves curves={curves} /> : null}
    </section>
  );
}

interface ClassBarsProps extends Props {
  measure: Measure;
  choose: (measure: Measure) => void;
}

export function ClassBars({ measure, choose, ...props }: ClassBarsProps) {
  const { say, label } = useWords(compare);
  const tasks = props.name === undefined ? tasksOf(props.tests) : tasksWith(props.tests, props.name);
  return (
    <>
      {tasks.map((task, at) => (
        <section key={task} aria-labelledby={`compare-bars-${at}`}>
          <h2 id={`compare-bars-${at}`}>{say("compare.bars", { task })}</h2>
          <Segments<Measure>
            aria-label={say("compare.measure")}
            value={measure}
            options={MEASURES.map((each) => ({ value: each, label: label("measured", each) }))}
            onChange={choose}
          />
          <TaskBars {...props} task={task} measure={measure} />
        </section>
      ))}
    </>
  );
}

function TaskBars({ tests, base, runs, name, task, measure }: Props & { task: string; measure: Measure }) {
  const { say } = useWords(compare);
  const names = useMemo(() => mostRegressed(tests, base, task, measure), [tests, base, task, measure]);
  const groups = useMemo(() => (name === undefined ? names.slice(0, GROUPS_MAX) : [name]), [names, name]);
  const bars = useMemo(
    (): Bars[] =>
      tests.flatMap((each, at) => {
        const run = runs[at];
        if (run === undefined || each.classes[task] === undefined) return [];
        return [{ ...run, values: groups.map((group) => measured(rowOf(each, task, group), measure)) }];
      }),
    [tests, runs, task, groups, measure],
  );
  const cut = name === undefined && names.length > groups.length;
  const order = cut ? say("compare.bars_cut", { n: groups.length, count: names.length }) : say("compare.bars_all");
  return (
    <>
      {name === undefined ? <p className="hint">{order}</p> : null}
      <PrBars groups={groups} bars={bars} />
    </>
  );
}
