"""Sentences about how tests are asked for, in both languages; see `en` and `zh` for the form."""

# ruff: noqa: E501  one line a code is the easiest to compare with the other language
# fmt: off

from __future__ import annotations

ZH: dict[str, tuple[str, str]] = {
    "model_not_quantized": ("模型未经量化，{precision} 不可选。", "请先量化为 {precision}；两个开关都关闭时以 fp32 运行。"),
    "quantized_otherwise": ("模型最近一次量化为 {latest}，{precision} 不可选。", "请选择 {latest}，或重新量化为 {precision}。"),
    "test_parts_twice": ("{noun} {id} 被选择了两次。", "每项只选一次。"),
    "test_batch_too_large": ("共 {count} 个测试任务，超过一次提交的上限 {max}。", "请减少模型、数据集或精度的数量，分多次提交。"),
    "quick_check_too_large": ("快速验证包含 {images} 张图片，上限为 {max} 张。", "请减少图片，或导入为数据集后再测试。"),
    "quick_check_no_zip": ("快速验证需要图片的 zip 包，上传的文件是 {detected}。", "请把图片打包为 zip 后上传。"),
    "quick_check_not_compared": ("{id} 是快速验证：图片没有标注，不能参与对比。", "请选择在数据集上完成的推理测试。"),
    "tested_file_unknown": ("原测试使用的文件 {digest} 已找不到。", "请指定要使用的模型文件或数据集版本。"),
    "quick_check_not_scored": ("快速验证 {id} 没有标注，不评分，也不参与对比。", "逐图结果见 mo tests images；需要精度请在数据集上测试。"),
    "tasks_all_deleted": ("分类任务信息中的任务已全部删除。", "请至少保留一个任务。"),
    "test_has_no_images": ("测试 {id} 没有逐图结果。", "请用当前版本重新测试（mo tests rerun）。"),
    "result_unreadable": ("测试 {id} 的结果无法读取（{detail}）。", "请重新测试（mo tests rerun）。"),
}
EN: dict[str, tuple[str, str]] = {
    "model_not_quantized": ("The model was not quantized: {precision} cannot be chosen.", "Quantize it to {precision} first; with both switches off fp32 runs."),
    "quantized_otherwise": ("The model was quantized to {latest} last: {precision} cannot be chosen.", "Choose {latest}, or quantize to {precision} again."),
    "test_parts_twice": ("The {noun} {id} is named twice.", "Name each once."),
    "test_batch_too_large": ("These are {count} tests; one submission takes {max}.", "Take fewer models, datasets or precisions at a time."),
    "quick_check_too_large": ("The quick check has {images} images; {max} are the limit.", "Take fewer, or import them as a dataset."),
    "quick_check_no_zip": ("A quick check takes a zip of images; this is: {detected}.", "Put the images into a zip, and upload that."),
    "quick_check_not_compared": ("{id} is a quick check: nobody labelled its images, so it compares with nothing.", "Take tests that were completed on a dataset."),
    "tested_file_unknown": ("The file {digest} of that test is no longer known.", "Name the model's revision or the dataset's version that is to be used."),
    "quick_check_not_scored": (
        "The quick check {id} has no labels: nothing is scored or compared.",
        "See its images (mo tests images), or test on a dataset for accuracy.",
    ),
    "tasks_all_deleted": ("All tasks were deleted from the list.", "Leave one that is to be evaluated."),
    "test_has_no_images": ("The test {id} kept nothing of single images.", "Test again with this version (mo tests rerun)."),
    "result_unreadable": ("The result of test {id} cannot be read ({detail}).", "Test again (mo tests rerun)."),
}
