"""What the demo says, in Chinese and English."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "weights": "上传权重",
        "weights.done": "两份 PTH 权重已上传并成为目录中的事件：任何人以后都能查到它们的来源与摘要。",
        "structures": "新增模型结构",
        "structures.done": "同一个 Python 文件中的两个网络类已登记：权重只有数值，结构说明如何计算。",
        "templates": "新增转换模版",
        "templates.done": "两个模版写明输入、归一化与 1000 个类别（以 ImageNet 序号为名，包内不含名称）。",
        "dataset": "导入数据集",
        "dataset.done": "20 张带标签的 ImageNet 照片已导入：{images} 张可用，{dropped} 张丢弃。",
        "convert": "转换 {name}",
        "convert.done": "{name}：已转为 Tron，与 PyTorch 的最大误差 {error}，阈值 {threshold}，经核对才发布。",
        "infer": "推理测试 {name}",
        "infer.done": "{name}：精度 {accuracy}；实际运行于 {backend}，{device}。",
        "compare.done": "同一数据集、同一指标代码下的两个版本：差值以第一个为基线。"
        "20 张照片很少，几个百分点可能只是噪声。",
        "oracle": "原生 PyTorch 核对 {name}",
        "oracle.equal": "原生 PyTorch（权重自带的网络代码、独立解码与统计）得到相同的 top-1 与 top-5："
        "系统没有改变模型。",
        "oracle.differs": "与原生 PyTorch 不一致！请查看任务与报告：mo tests list。",
        "oracle.failed": "核对程序失败：{error}",
        "done": "演示完成。API：{api_url}  可继续使用：mo models list，mo compare …；停止：mo down。",
        "job_failed": "步骤失败：{reason}",
        "missing": "缺少 Python 包 {package}：请以 [demo] 附加依赖安装本项目。",
        "title.verdict": "与原生 PyTorch 核对",
        "column.equal": "一致",
        "column.ours1": "Mo top-1",
        "column.theirs1": "PyTorch top-1",
        "column.ours5": "Mo top-5",
        "column.theirs5": "PyTorch top-5",
    },
    "en": {
        "weights": "upload weights",
        "weights.done": "Two PTH files are uploaded and known as events: anybody can see later where they came from.",
        "structures": "add structures",
        "structures.done": "Two network classes of one Python file are known: weights are numbers, a structure says "
        "how to compute with them.",
        "templates": "add templates",
        "templates.done": "Two templates name input, normalisation and 1000 classes (by ImageNet index: the packages "
        "carry no names).",
        "dataset": "import the dataset",
        "dataset.done": "20 labelled ImageNet photos are imported: {images} usable, {dropped} dropped.",
        "convert": "convert {name}",
        "convert.done": "{name}: a Tron now, at most {error} away from PyTorch (threshold {threshold}), verified "
        "before it was let in.",
        "infer": "test {name}",
        "infer.done": "{name}: accuracy {accuracy}; it really ran on {backend}, {device}.",
        "compare.done": "Two versions, one dataset, one metric code; differences are to the first one. 20 photos are "
        "few: some points may be noise.",
        "oracle": "plain PyTorch on {name}",
        "oracle.equal": "Plain PyTorch (the weights' own network code, its own decoding and counting) gives the same "
        "top-1 and top-5: the system did not change the model.",
        "oracle.differs": "Plain PyTorch gives other numbers! Look at the tests and their reports: mo tests list.",
        "oracle.failed": "The judge failed: {error}",
        "done": "The demo is done. API: {api_url}  Go on with mo models list, mo compare ...; stop with mo down.",
        "job_failed": "A step failed: {reason}",
        "missing": "The Python package {package} is missing: install the project with its extra [demo].",
        "title.verdict": "Beside plain PyTorch",
        "column.equal": "equal",
        "column.ours1": "Mo top-1",
        "column.theirs1": "PyTorch top-1",
        "column.ours5": "Mo top-5",
        "column.theirs5": "PyTorch top-5",
    },
}


def say(lang: str, key: str, /, **params: object) -> str:
    """The text of `key`, its parameters filled in."""
    return WORDS[lang][key].format(**params)
