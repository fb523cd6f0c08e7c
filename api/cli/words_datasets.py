"""The words of scans, imports and what is shown of datasets, in both languages."""

# ruff: noqa: E501  one line a key is the easiest to compare with the other language

from __future__ import annotations

EN = {
    "help.datasets.import": "Upload a package (a folder or a zip), show what would be dropped, and import it as a new dataset.",
    "help.datasets.scan": "Upload a package and show what an import would keep and drop; nothing is made.",
    "help.datasets.update": "Import a corrected package as another version of a dataset. Tests keep the version they used.",
    "option.dataset_template": "Template whose tasks and classes the images must fit",
    "option.sub_template": "Which of the template's sub-templates",
    "option.scan_format": "auto, labelx, coco, voc, yolo, imagefolder or mo",
    "option.dataset_type": "classification, detection or sequence, where the package could be several",
    "option.map": "TASK=KEY: the key of the annotations that answers a task of the template; may be given several times",
    "column.key": "key",
    "column.tool": "tool",
    "column.task_classes": "classes",
    "column.outside": "values outside",
    "title.scan": "Scan of {name}",
    "title.keys": "Annotations",
    "title.mapping": "Tasks and the keys that answer them",
    "text.drops": "{images} images fit, {dropped} would be dropped ({reasons}).",
    "text.import_ask": "Import {name} without them?",
    "text.not_imported": "{name} was not imported; nothing was made.",
    "usage.needs_yes_to_drop": "Images would be dropped, and nobody is there to be asked.\nAdd --yes to import {name} without them.",
    "error.folder_without_files": "{path} has no files, or more than {max}.\nName the folder of the package.",
}
ZH = {
    "help.datasets.import": "上传数据包（文件夹或 zip），显示将丢弃的内容，确认后导入为新数据集。",
    "help.datasets.scan": "上传数据包，查看导入时会保留和丢弃哪些内容；不创建任何数据。",
    "help.datasets.update": "将更正后的数据包导入为同一数据集的新版本；已有测试仍对应其使用的版本。",
    "option.dataset_template": "图片须符合的转换模版（分类任务与类别）",
    "option.sub_template": "使用模版的哪个子模版",
    "option.scan_format": "auto、labelx、coco、voc、yolo、imagefolder 或 mo",
    "option.dataset_type": "数据包可作多种用途时指定：classification、detection 或 sequence",
    "option.map": "TASK=KEY：用标注信息中的哪个 key 配对模版的分类任务；可多次使用",
    "column.key": "key",
    "column.tool": "tool",
    "column.task_classes": "类别",
    "column.outside": "不属于类别的取值",
    "title.scan": "{name} 的扫描结果",
    "title.keys": "标注信息",
    "title.mapping": "分类任务与配对的 key",
    "text.drops": "可导入 {images} 张图片，将丢弃 {dropped} 条（{reasons}）。",
    "text.import_ask": "丢弃这些数据并导入 {name} 吗？",
    "text.not_imported": "未导入 {name}，没有创建任何数据。",
    "usage.needs_yes_to_drop": "有数据将被丢弃，且无法询问用户。\n如需导入 {name}，请加上 --yes。",
    "error.folder_without_files": "{path} 中没有文件，或超过 {max} 个。\n请指定数据包所在的文件夹。",
}
