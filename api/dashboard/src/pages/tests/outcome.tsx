/** What a test found: a detector's boxes, a classifier's tasks, a reader's texts. */
import { Descriptions, Empty, Table } from "antd";

import type { Schemas } from "../../api/client";
import { percent } from "../../kit/charts/figures";
import { PrBars } from "../../kit/charts/pr-bars";
import { Segments } from "../../kit/segments";
import { useWords } from "../../words/say";
import type { Report, TaskReport } from "./report";
import { BoxOutcome } from "./box-outcome";
import { Matrix } from "./matrix";
import { useGo } from "./result-page";
import type { ResultSearch } from "./search";
import { type Target, targetsOfTask } from "./targets";
import { TargetsTable } from "./targets-table";
import { tests } from "./words";

const BARS_MAX = 30;

export function Outcome({ report, search }: { report: Report; search: ResultSearch }) {
  const { say } = useWords(tests);
  const go = useGo();
  const task = report.tasks.find((each) => each.task === search.task) ?? report.tasks[0];
  const sequences = report.sequences ?? [];
  return (
    <>
      {report.detection ? <BoxOutcome report={report.detection} search={search} /> : null}
      {report.tasks.length > 1 && task ? (
        <Segments
          aria-label={say("result.task")}
          value={task.task}
          options={report.tasks.map((each) => each.task)}
          onChange={(name) => go({ ...search, task: name })}
        />
      ) : null}
      {task ? <TaskOutcome task={task} /> : null}
      {sequences.length ? <Sequences sequences={sequences} /> : null}
      {!report.detection && !task && sequences.length === 0 ? <Empty description={say("result.none_common")} /> : null}
    </>
  );
}

function TaskOutcome({ task }: { task: TaskReport }) {
  const { say } = useWords(tests);
  const targets = targetsOfTask(task);
  const figures = ["top1", "top5", "macro_precision", "macro_recall", "macro_f1"] as const;
  return (
    <>
      <Descriptions
        title={<h2>{`${say("result.task")} ${task.task} ← ${task.dataset_task}`}</h2>}
        size="small"
        bordered
        column={{ xs: 1, md: 3, xl: 6 }}
        items={[
          { key: "images", label: say("result.images"), children: task.images },
          ...figures.map((each) => ({ key: each, label: say(`figure.${each}`), children: percent(task[each]) })),
        ]}
      />
      <TargetsTable targets={targets} boxes={false} />
      <Bars targets={targets} />
      <Matrix task={task.task} kind="classes" classes={task.classes.map((each) => each.name)} cells={task.confusion} />
    </>
  );
}

export function Bars({ targets }: { targets: readonly Target[] }) {
  const { say } = useWords(tests);
  const seen = targets.filter((each) => each.support > 0 || (each.predicted ?? 0) > 0);
  const shown = seen.slice(0, BARS_MAX);
  const bars = [
    { key: "precision", name: say("figure.precision"), slot: 0, values: shown.map((each) => each.precision) },
    { key: "recall", name: say("figure.recall"), slot: 1, striped: true, values: shown.map((each) => each.recall) },
  ];
  return (
    <section aria-label={say("result.bars")}>
      <h2>{say("result.bars")}</h2>
      {seen.length > shown.length ? <p>{say("result.bars.cut", { count: shown.length })}</p> : null}
      {targets.length > seen.length ? <p>{say("result.bars.unseen", { count: targets.length - seen.length })}</p> : null}
      <PrBars groups={shown.map((each) => each.name)} bars={bars} />
    </section>
  );
}

function Sequences({ sequences }: { sequences: readonly Schemas["SequenceSummary"][] }) {
  const { say } = useWords(tests);
  return (
    <section aria-label={say("result.targets")}>
      <h2>{say("result.targets")}</h2>
      <Table
        rowKey="task"
        size="small"
        pagination={false}
        dataSource={[...sequences]}
        columns={[
          { title: say("result.task"), dataIndex: "task" },
          { title: say("result.images"), dataIndex: "images", align: "right" },
          { title: say("measure.exact"), align: "right", render: (_, row) => percent(row.exact) },
          { title: say("result.character_error"), align: "right", render: (_, row) => percent(row.character_error_rate) },
        ]}
      />
    </section>
  );
}
