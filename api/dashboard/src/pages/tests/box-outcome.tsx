/** What a detector found: totals, classes at a score threshold that the reader moves, curves, confusion matrix. */
import { Button, Descriptions, Slider, Space } from "antd";
import { useMemo, useState } from "react";

import { fixed, percent } from "../../kit/charts/figures";
import { PrCurves } from "../../kit/charts/pr-curves";
import { bestOf, ThresholdLines } from "../../kit/charts/threshold-lines";
import { SelectMany } from "../../kit/select-many";
import { useWords } from "../../words/say";
import { Matrix } from "./matrix";
import { Bars } from "./outcome";
import type { BoxReport as Report } from "./report";
import { useGo } from "./result-page";
import type { ResultSearch } from "./search";
import { curvesShown, stepsOf, targetsOfBoxes } from "./targets";
import { TargetsTable } from "./targets-table";
import { tests } from "./words";

export function BoxOutcome({ report, search }: { report: Report; search: ResultSearch }) {
  const own = report.summary.threshold;
  const [threshold, setThreshold] = useState(search.threshold ?? own);
  const targets = useMemo(() => targetsOfBoxes(report, threshold), [report, threshold]);
  return (
    <>
      <Totals report={report} />
      <Explorer report={report} threshold={threshold} move={setThreshold} search={search} />
      <TargetsTable targets={targets} boxes />
      <Curves report={report} threshold={threshold} search={search} />
      <Bars targets={targets} />
      <Matrix
        task={report.task}
        kind="boxes"
        classes={report.classes.map((each) => each.name)}
        cells={report.confusion}
        own={own}
      />
    </>
  );
}

function Totals({ report }: { report: Report }) {
  const { say, label } = useWords(tests);
  const { summary } = report;
  const sizes = ["small", "medium", "large"] as const;
  return (
    <Descriptions
      title={<h2>{`${say("result.task")} ${report.task} ← ${report.dataset_task}`}</h2>}
      size="small"
      bordered
      column={{ xs: 1, md: 3, xl: 5 }}
      items={[
        { key: "ap", label: `${say("figure.ap_mean")} @${report.iou_threshold}`, children: defined(summary.ap) },
        { key: "coco", label: `${say("figure.ap_mean")} @.5:.95`, children: defined(summary.coco[0]) },
        ...sizes.map((each, at) => ({
          key: each,
          label: say(`result.ap.${each}`),
          children: percent(report.ap_by_size[at + 1]),
        })),
        { key: "threshold", label: say("figure.threshold"), children: fixed(summary.threshold) },
        { key: "precision", label: say("figure.precision"), children: defined(summary.precision) },
        { key: "recall", label: say("figure.recall"), children: defined(summary.recall) },
        { key: "f1", label: say("figure.f1"), children: defined(summary.f1) },
        { key: "objects", label: say("result.support"), children: summary.objects },
        { key: "found", label: say("result.predicted"), children: summary.found },
        { key: "size", label: say("about.size"), children: label("size_policy", report.size_policy) },
      ]}
    />
  );
}

/** COCO says -1 where there is no such object. */
function defined(value: number | undefined): string {
  return percent(value === undefined || value < 0 ? null : value);
}

interface Exploring {
  report: Report;
  threshold: number;
  move: (threshold: number) => void;
  search: ResultSearch;
}

function Explorer({ report, threshold, move, search }: Exploring) {
  const { say } = useWords(tests);
  const go = useGo();
  const own = report.summary.threshold;
  const steps = useMemo(() => stepsOf(report), [report]);
  const best = bestOf(steps);
  const { threshold: _, ...rest } = search;
  const keep = (next: number) => {
    move(next);
    go(next === own ? rest : { ...rest, threshold: next });
  };
  return (
    <section aria-label={say("result.threshold")}>
      <h2>{say("result.threshold")}</h2>
      <p>{say("result.threshold.note", { own: fixed(own) })}</p>
      <Space wrap>
        <span>{`${say("figure.threshold")} ${fixed(threshold, 3)}`}</span>
        <div style={{ width: 260 }}>
          <Slider
            min={0}
            max={1}
            step={0.01}
            value={threshold}
            ariaLabelForHandle={say("figure.threshold")}
            onChange={move}
            onChangeComplete={keep}
          />
        </div>
        <Button size="small" disabled={threshold === own} onClick={() => keep(own)}>
          {say("result.threshold.reset")}
        </Button>
        {best ? (
          <Button size="small" disabled={threshold === best.threshold} onClick={() => keep(best.threshold)}>
            {say("chart.threshold.best", { best: fixed(best.threshold, 2) })}
          </Button>
        ) : null}
      </Space>
      <ThresholdLines steps={steps} now={threshold} />
    </section>
  );
}

function Curves({ report, threshold, search }: { report: Report; threshold: number; search: ResultSearch }) {
  const { say } = useWords(tests);
  const go = useGo();
  const shown = useMemo(() => curvesShown(report.classes, search.curves), [report, search.curves]);
  const curves = useMemo(
    () =>
      shown.flatMap((at, slot) => {
        const each = report.classes[at];
        if (each === undefined) return [];
        const { curve = [], curve_scores: scores = [] } = each;
        return [{ key: String(at), name: each.name, slot, ap: each.ap[0] ?? null, points: curve, scores, threshold }];
      }),
    [report, shown, threshold],
  );
  return (
    <section aria-label={say("result.curves")}>
      <div className="page-head">
        <h2>{say("result.curves")}</h2>
        <SelectMany<number>
          style={{ minWidth: 260, maxWidth: 560 }}
          maxTagCount="responsive"
          aria-label={say("result.curve.class")}
          value={shown}
          optionFilterProp="label"
          options={report.classes.flatMap((each, value) =>
            each.curve?.length ? [{ value, label: each.name }] : [],
          )}
          onChange={(next) => go({ ...search, curves: next.join(",") })}
        />
      </div>
      <PrCurves curves={curves} />
    </section>
  );
}
