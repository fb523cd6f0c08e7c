/** The words of the charts. */
import type { Table } from "../../words/table";

export const charts = {
  "chart.table": ["数据表", "Figures as a table"],
  "chart.recall": ["召回率", "Recall"],
  "chart.precision": ["精确率", "Precision"],
  "chart.f1": ["F1", "F1"],
  "chart.score": ["置信度阈值", "Score threshold"],
  "chart.class": ["类别", "Class"],
  "chart.run": ["任务", "Test"],
  "chart.ap": ["AP", "AP"],
  "chart.pr.label": ["PR 曲线：{runs}", "Precision against recall: {runs}"],
  "chart.bars.label": ["PR 柱状图：{runs}，共 {count} 类", "Precision and recall by class: {runs}, {count} classes"],
  "chart.threshold.label": [
    "精确率、召回率、F1 随置信度阈值的变化；F1 最高 {f1}，此时阈值 {best}",
    "Precision, recall and F1 against the score threshold; F1 is best, {f1}, at {best}",
  ],
  "chart.threshold.best": ["F1 最佳 {best}", "best F1 {best}"],
  "chart.threshold.now": ["当前 {now}", "now {now}"],
  "chart.scatter.label": ["{y} 与 {x} 的关系：{runs}", "{y} against {x}: {runs}"],
  "chart.confusion.label": ["混淆矩阵：行为标注类别，列为推理类别", "Confusion matrix: rows are true, columns are found"],
  "chart.confusion.corner": ["标注 \\ 推理", "true \\ found"],
  "chart.confusion.cell": [
    "标注 {row}，推理 {column}：{count}",
    "true {row}, found {column}: {count}",
  ],
  "chart.background": ["背景", "background"],
} as const satisfies Table;
