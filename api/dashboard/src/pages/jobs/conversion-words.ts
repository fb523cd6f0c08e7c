/** The words of the pages of conversions. */
import type { Table } from "../../words/table";

export const conversions = {
  "conversion.list": ["模型转换任务 · NVIDIA 平台", "Conversions for NVIDIA"],
  "conversion.new": ["创建任务", "New conversion"],
  "conversion.job": ["转换任务", "Conversion"],
  "conversion.error": ["误差 / 阈值", "Error / threshold"],
  "conversion.within": ["{measured} ≤ {threshold} 通过", "{measured} ≤ {threshold} passed"],
  "conversion.above": ["{measured} > {threshold} 未通过", "{measured} > {threshold} failed"],
  "conversion.pth": ["PTH 模型", "PTH model"],
  "conversion.template": ["转换模版", "Template"],
  "conversion.made": ["生成的 Tron 模型", "Tron made"],
  "conversion.requested": ["提交时间", "Requested"],
} as const satisfies Table;
