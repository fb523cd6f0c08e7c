"""Sentences about scans, versions, the catalogue and what is shown of datasets, in both languages; see `en`, `zh`."""

# ruff: noqa: E501  one line a code is the easiest to compare with the other language
# fmt: off

from __future__ import annotations

ZH: dict[str, tuple[str, str]] = {
    "data_not_matching": ("数据不匹配，系统将以模版信息对数据进行处理（分类任务：{tasks}）：可导入 {images} 张图片，丢弃 {dropped} 张。", "请确认后导入；也可更正标注、更换 key 或修改模版的类别后重新扫描。"),
    "classes_without_data": ("分类任务 {task} 有 {count} 个类别没有数据：{names}。", "可以继续导入；测试结果中这些类别没有指标。"),
    "scan_left_no_result": ("扫描没有留下结果。", "请查看任务日志后重试。"),
    "mapping_unreadable": ("任务的配对信息无法读取。", "请重新扫描并确认。"),
    "scan_unknown": ("没有扫描任务 {id}。", "请先扫描数据包。"),
    "scan_not_completed": ("扫描任务 {id} 尚无结果（状态：{state}）。", "请等待其完成；若已失败，请查看原因后重新扫描。"),
    "scan_fits_nothing": ("按此配对没有任何图片可以导入。", "请更换 key、模版或数据包后重新扫描。"),
    "mapping_without_template": ("未选择模版时不能指定配对：类别取自数据包本身。", "请选择模版后重新扫描。"),
    "dataset_type_differs": ("数据包的类型为 {type}，数据集的类型为 {wanted}。", "同一数据集的各版本类型必须相同，请新建数据集。"),
    "record_unknown": ("该版本没有编号为 {number} 的图片（共 {records} 张，从 0 开始）。", "请选择列表中的编号。"),
    "pack_unreadable": ("数据集版本 {digest} 无法读取（{detail}）。", "请重新导入该数据集。"),
    "pack_too_large_to_show": ("数据集版本 {digest} 的表超过 {size_max_bytes} 字节，无法在线预览。", "请下载后查看。"),
    "catalogue_not_set": ("没有配置数据目录。", "请管理员用 MO_DATAOCEAN 指定一个文件夹或 s3://bucket/prefix。"),
    "catalogue_item_unknown": ("数据目录中没有该数据包。", "请重新列出数据目录。"),
    "catalogue_item_too_large": ("该数据包的文件过多（{detail}）。", "请拆分后再导入。"),
    "catalogue_away": ("数据目录暂时无法读取（{detail}）。", "请稍后重试，或检查 MO_DATAOCEAN。"),
}

EN: dict[str, tuple[str, str]] = {
    "data_not_matching": ("The data does not match the template (tasks: {tasks}), which decides: {images} images fit, {dropped} would be dropped.", "Confirm to import; or correct the labels, the mapping or the template's classes and scan again."),
    "classes_without_data": ("The task {task} has {count} classes without data: {names}.", "The import can go on; tests will have no figures for them."),
    "scan_left_no_result": ("The scan left no result.", "See the job's log and try again."),
    "mapping_unreadable": ("The job's mapping cannot be read.", "Scan again and confirm that."),
    "scan_unknown": ("There is no scan {id}.", "Scan the package first."),
    "scan_not_completed": ("The scan {id} has no result (it is {state}).", "Wait until it has completed; if it failed, see why and scan again."),
    "scan_fits_nothing": ("With this mapping no image can be imported.", "Choose other keys, another template or another package and scan again."),
    "mapping_without_template": ("Without a template there is nothing to map: the classes are the package's own.", "Choose a template and scan again."),
    "dataset_type_differs": ("The package is for {type}, the dataset for {wanted}.", "All versions of a dataset have one type: create another dataset."),
    "record_unknown": ("The version has no image number {number} (it has {records}, from 0).", "Take a number from the list."),
    "pack_unreadable": ("The dataset's version {digest} cannot be read ({detail}).", "Import the dataset again."),
    "pack_too_large_to_show": ("The tables of the version {digest} have more than {size_max_bytes} bytes, too many to be shown.", "Download it and look there."),
    "catalogue_not_set": ("There is no catalogue.", "Let the operator name a folder or s3://bucket/prefix in MO_DATAOCEAN."),
    "catalogue_item_unknown": ("The catalogue has no such package.", "List the catalogue again."),
    "catalogue_item_too_large": ("The package has too many files ({detail}).", "Divide it and import the parts."),
    "catalogue_away": ("The catalogue cannot be read now ({detail}).", "Try again later, or check MO_DATAOCEAN."),
}
