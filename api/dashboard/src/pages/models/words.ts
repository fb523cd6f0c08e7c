/** The words of the models' pages. */
import type { Table } from "../../words/table";

export const models = {
  "pth.upload": ["上传 PTH 模型", "Upload a PTH model"],
  "pth.file": ["权重文件（.pth）", "Weights file (.pth)"],
  "pth.choose": ["选择文件", "Choose a file"],
  "pth.uploading": ["已上传 {done} / {total}", "{done} of {total} uploaded"],
  "pth.sent": ["已新建", "Made"],
} as const satisfies Table;
