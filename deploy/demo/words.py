"""What the demo says, in Chinese and English."""

# ruff: noqa: E501  one line a sentence is the easiest to compare with the other language

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "photos": "\n— 一、两个现成的真实模型，20 张照片 —",
        "digits": "\n— 二、在本机训练的小网络，由没见过的手写数字评判 —",
        "weights": "上传权重 {name}",
        "weights.done": "两份 PTH 权重已上传并成为目录中的事件：任何人以后都能查到它们的来源与摘要。",
        "train": "训练数字网络",
        "train.done": "同一个网络训练了两次：{first} 用 {first_count} 个数字学 {first_passes} 遍，{second} 用 {second_count} 个学 {second_passes} 遍；没有参与训练的另一半只用来评判。",
        "train.failed": "训练失败：{error}",
        "structures": "新增模型结构 {name}",
        "structures.done": "Python 文件中的网络类已登记：权重只有数值，结构说明如何计算。",
        "templates": "新增转换模版 {name}",
        "templates.photos": "两个模版写明输入、归一化与 1000 个类别（以 ImageNet 序号为名，包内不含名称）。",
        "templates.digits": "两个模版写明 8×8 的灰度输入、归一化与十个数字。",
        "dataset": "导入数据集",
        "dataset.photos": "带标签的 ImageNet 照片已导入：{images} 张可用，{dropped} 张丢弃。",
        "dataset.digits": "没有参与训练的手写数字已导入：{images} 张可用，{dropped} 张丢弃。",
        "convert": "转换 {name}",
        "convert.done": "{name}：已转为 Tron，与 PyTorch 的最大误差 {error}，阈值 {threshold}，经核对才发布。",
        "infer": "推理测试 {name}",
        "infer.done": "{name}：精度 {accuracy}；实际运行于 {backend}，{device}。",
        "verdict.within_noise": "{second} 比 {first} 相差 {difference} 个百分点，95% 区间 [{low}, {high}]，{images} 张图片："
        "在误差范围内，不能说哪个更好。",
        "verdict.better": "{second} 比 {first} 高 {difference} 个百分点，95% 区间 [{low}, {high}]，{images} 张图片：不只是误差。",
        "verdict.worse": "{second} 比 {first} 低：{difference} 个百分点，95% 区间 [{low}, {high}]，{images} 张图片：不只是误差。",
        "verdict.not_comparable": "{first} 与 {second} 没有可以配对的图片（{images} 张；{difference} [{low}, {high}]）。",
        "parity": "逐图对照 PyTorch 与 Tron：{name}",
        "parity.done": "同一批像素经过沙箱中的 PyTorch 与 Tron：每张图片的回答都相同（mo parity）。",
        "parity.differs": "PyTorch 与 Tron 的回答不一致！请查看：mo parity、mo models report。",
        "oracle": "独立程序核对 {name}",
        "oracle.photos": "原生 PyTorch（权重自带的网络代码、独立解码与统计）得到相同的 top-1 与 top-5：系统没有改变模型。",
        "oracle.digits": "原生 PyTorch（直接取 scikit-learn 的数组，独立统计）得到相同的 top-1 与 top-5：系统没有改变模型。",
        "oracle.differs": "与原生 PyTorch 不一致！请查看任务与报告：mo tests list。",
        "oracle.failed": "核对程序失败：{error}",
        "done": "演示完成，用时 {seconds} 秒。API：{api_url}  可继续使用：mo models list，mo compare …；停止：mo down。",
        "job_failed": "步骤失败：{reason}",
        "missing": "缺少 Python 包 {package}：请以 [demo] 附加依赖安装本项目。",
        "title.verdict": "与原生 PyTorch 核对",
        "column.equal": "一致",
        "column.figure": "指标",
        "column.ours": "Tron",
        "column.theirs": "PyTorch",
        "column.different": "回答不同的图片",
        "column.max_abs": "输出最大误差",
    },
    "en": {
        "photos": "\n— 1. Two real models as they were published, 20 photos —",
        "digits": "\n— 2. A small network trained here, judged on handwritten digits that it has not seen —",
        "weights": "upload weights {name}",
        "weights.done": "Two PTH files are uploaded and known as events: anybody can see later where they came from.",
        "train": "train the digits network",
        "train.done": "One network was trained twice: {first} saw {first_count} digits {first_passes} times, {second} saw {second_count} digits {second_passes} times; the other half, which neither has seen, only judges.",
        "train.failed": "Training failed: {error}",
        "structures": "add structure {name}",
        "structures.done": "The network classes of the Python file are known: weights are numbers, a structure says how to "
        "compute with them.",
        "templates": "add template {name}",
        "templates.photos": "Two templates name input, normalisation and 1000 classes (by ImageNet index: the packages "
        "carry no names).",
        "templates.digits": "Two templates name the grey input of 8 x 8 pixels, its normalisation and the ten digits.",
        "dataset": "import the dataset",
        "dataset.photos": "Labelled ImageNet photos are imported: {images} usable, {dropped} dropped.",
        "dataset.digits": "The digits that nobody learned from are imported: {images} usable, {dropped} dropped.",
        "convert": "convert {name}",
        "convert.done": "{name}: a Tron now, at most {error} away from PyTorch (threshold {threshold}), verified "
        "before it was let in.",
        "infer": "test {name}",
        "infer.done": "{name}: accuracy {accuracy}; it really ran on {backend}, {device}.",
        "verdict.within_noise": "{second} differs from {first} by {difference} points, 95 % interval [{low}, {high}], on "
        "{images} images: within noise, neither can be called better.",
        "verdict.better": "{second} is better than {first} by {difference} points, 95 % interval [{low}, {high}], on "
        "{images} images: more than noise.",
        "verdict.worse": "{second} is worse than {first}: {difference} points, 95 % interval [{low}, {high}], on {images} "
        "images: more than noise.",
        "verdict.not_comparable": "{first} and {second} have no images to pair ({images}; {difference} [{low}, {high}]).",
        "parity": "PyTorch beside the Tron, image by image: {name}",
        "parity.done": "The same pixels through PyTorch (in the sandbox) and the Tron: every image got the same answer "
        "(mo parity).",
        "parity.differs": "PyTorch and the Tron answer differently! Look at mo parity and mo models report.",
        "oracle": "an independent program on {name}",
        "oracle.photos": "Plain PyTorch (the weights' own network code, its own decoding and counting) gives the same "
        "top-1 and top-5: the system did not change the model.",
        "oracle.digits": "Plain PyTorch (scikit-learn's own arrays, its own counting) gives the same top-1 and top-5: the "
        "system did not change the model.",
        "oracle.differs": "Plain PyTorch gives other numbers! Look at the tests and their reports: mo tests list.",
        "oracle.failed": "The judge failed: {error}",
        "done": "The demo is done after {seconds} s. API: {api_url}  Go on with mo models list, mo compare ...; stop with "
        "mo down.",
        "job_failed": "A step failed: {reason}",
        "missing": "The Python package {package} is missing: install the project with its extra [demo].",
        "title.verdict": "Beside plain PyTorch",
        "column.equal": "equal",
        "column.figure": "figure",
        "column.ours": "Tron",
        "column.theirs": "PyTorch",
        "column.different": "images answered differently",
        "column.max_abs": "outputs, max-abs",
    },
}


def say(lang: str, key: str, /, **params: object) -> str:
    """The text of `key`, its parameters filled in."""
    return WORDS[lang][key].format(**params)
