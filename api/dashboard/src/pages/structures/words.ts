/** The words of the structures' pages. */
import type { Table } from "../../words/table";

export const structures = {
  "structure.new": ["添加模型结构", "Add a model structure"],
  "structure.made": ["模型结构已添加", "The structure is there"],
  "structure.name": ["模型结构名称", "Structure name"],
  "structure.class": ["模型结构类名", "Class name"],
  "structure.class_hint": [
    "须与 .py 文件最后一个函数的注解中的名字一致，且不能与已有类名重复。",
    "The name in the annotation of the file's last function; no other structure may have it.",
  ],
  "structure.file": ["模型结构文件（.py，多个文件时为 .zip）", "Structure file (.py, or a .zip of several)"],
  "structure.file_short": ["模型结构文件", "Structure file"],
  "structure.config": ["类型配置文件", "Type config"],
  "structure.config_hint": [
    "同一网络不同版本的构造参数（YAML 或 JSON）。",
    "The constructor's arguments for one variant of the network (YAML or JSON).",
  ],
  "structure.config.none": ["不需要", "None needed"],
  "structure.config.known": ["选择已上传的", "One that is there"],
  "structure.config.new": ["上传新的", "Upload one"],
  "structure.config_name": ["配置名称", "Name of the config"],
  "structure.config_file": ["配置文件（.yaml / .json）", "Config file (.yaml, .json)"],
  "structure.arguments": ["构造参数", "Constructor's arguments"],
  "certified.all": ["全部", "All"],
  "certified.true": ["已认证", "Certified"],
  "certified.false": ["未认证", "Not certified"],
  "certified.scope": ["认证状态", "Certification"],
  "certified.by": ["认证任务", "Certified by"],
  "certified.how": [
    "用该结构成功完成一次模型转换后，系统会自动将其归入“已认证”。",
    "The first conversion that succeeds with it certifies it.",
  ],
  "structure.source": ["源码", "Source"],
  "structure.zip": ["该结构由多个文件组成，请下载后查看。", "It is a zip of several files: download it to read them."],
  "structure.used": ["使用它的模版", "Templates that use it"],
  "structure.unused": ["还没有模版使用它。", "No template uses it yet."],
} as const satisfies Table;
