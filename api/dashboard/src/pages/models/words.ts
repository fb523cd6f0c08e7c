/** The words of the models' pages. */
import type { Table } from "../../words/table";

export const models = {
  "pth.upload": ["上传 PTH 模型", "Upload a PTH model"],
  "pth.file": ["权重文件（.pth）", "Weights file (.pth)"],
  "pth.made": ["PTH 模型已上传", "The PTH model is there"],
  "tron.upload.nvidia": ["上传 NVIDIA Tron 模型", "Upload a Tron model for NVIDIA"],
  "tron.upload.ascend": ["上传华为 Ascend 模型", "Upload a model for Huawei Ascend"],
  "tron.made": ["模型已上传", "The model is there"],
  "tron.file": ["模型文件", "Model file"],
  "tron.file_hint": [
    "不校验文件格式；上传后会识别文件类型，无法运行的文件不能用于推理测试。",
    "No format is refused; what the file is gets detected, and one that cannot run cannot be tested.",
  ],
  "tron.file_name": ["模型文件名称", "Name of the model file"],
  "tron.file_name_hint": ["由 Repo、模型名称、method、版本自动组合。", "Composed of repo, name, method and version."],
  "tron.repo": ["Repo", "Repo"],
  "tron.name": ["模型名称", "Model name"],
  "tron.method": ["method（模型的网络格式）", "Method (how outputs are read)"],
  "tron.method_short": ["method", "Method"],
  "tron.version": ["版本", "Version"],
  "tron.template": ["转换模版", "Template"],
  "tron.template_choose": ["选择模版（由哪个转换模版转换得来）", "Template that it was converted with"],
  "tron.origin": ["来源", "Origin"],
  "origin.converted": ["模型转换", "converted"],
  "origin.uploaded": ["直接上传", "uploaded"],
  "made.ready": ["可用", "ready"],
  "made.pending": ["转换中", "being made"],
  "made.failed": ["转换失败", "failed"],
  "made.reserved": ["已预留", "reserved"],
  "made.unusable": ["不可运行", "cannot run"],
  "tron.describe": ["描述", "Describe"],
} as const satisfies Table;
