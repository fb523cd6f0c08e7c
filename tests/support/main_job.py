"""The main job on the pages: from an account of one's own to two models compared, told once for both languages."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import small_case
from hands import Hands
from playwright.sync_api import Locator, Page, expect

JOB_MS = 180_000
"""How long a small job may take, until the page says so by itself."""
PASSWORD = "correct horse 电池"
THRESHOLD = "2e-4"
SHOWN_THRESHOLD = "2.00e-4"

WORDS: dict[str, tuple[str, str]] = {
    "register": ("注册账号", "Create an account"),
    "login": ("登录名", "Login"),
    "person": ("姓名", "Name"),
    "password": ("密码", "Password"),
    "account": ("账号", "Account"),
    "sign out": ("退出登录", "Sign out"),
    "sign in": ("登录", "Sign in"),
    "home": ("工作台", "Home"),
    "pth": ("PTH 模型", "PTH models"),
    "structures": ("模型结构管理", "Structures"),
    "templates": ("模型转换模版", "Templates"),
    "conversions": ("模型转换任务", "Conversions"),
    "conversions heading": ("模型转换任务 · NVIDIA 平台", "Conversions for NVIDIA"),
    "datasets": ("数据集", "Datasets"),
    "tests": ("模型推理测试", "Tests"),
    "new": ("新建", "New"),
    "save": ("保存", "Save"),
    "name": ("名称", "Name"),
    "note": ("说明", "Note"),
    "weights": ("权重文件（.pth）", "Weights file (.pth)"),
    "structure name": ("模型结构名称", "Structure name"),
    "class name": ("模型结构类名", "Class name"),
    "structure file": ("模型结构文件（.py，多个文件时为 .zip）", "Structure file (.py, or a .zip of several)"),
    "uncertified": ("未认证", "Not certified"),
    "certified": ("已认证", "Certified"),
    "certification": ("认证状态", "Certification"),
    "marked": ("{name}（未认证）", "{name} (not certified)"),
    "add template": ("添加模版", "Add a template"),
    "template name": ("模版名称", "Template name"),
    "threshold": ("error_threshold（误差阈值）", "error_threshold (largest error)"),
    "threshold in use": ("error_threshold（误差阈值）", "error_threshold"),
    "architecture": ("architecture（模型结构）", "architecture (structure)"),
    "input name": ("input_name（输入名）", "input_name"),
    "input shape": ("input_shape（批, 颜色通道, 高, 宽）", "input_shape (batch, channels, h, w)"),
    "mean": ("meanValues（归一化均值，0–255）", "meanValues (0–255)"),
    "scale": ("scaleValues（归一化系数）", "scaleValues (factors)"),
    "whole file": ("整个文件就是权重", "The whole file is the weights"),
    "key": ("stateDicKey（权重所在的 key）", "stateDicKey (where the weights lie)"),
    "max batch": ("maxbatch（最大样本数）", "maxbatch"),
    "classes": ("num classes（分类数）", "num classes"),
    "class names": ("class_name（每行一个分类）", "class_name (one a line)"),
    "mode": ("编辑模式", "Mode"),
    "form": ("视图模式", "Form"),
    "code": ("code 模式", "Code"),
    "json": ("模版 JSON", "The template's JSON"),
    "new conversion": ("创建任务", "New conversion"),
    "choose pth": ("PTH 模型（必选）", "PTH model (required)"),
    "choose template": ("转换模版（必选）", "Template (required)"),
    "confirm": ("确认", "Confirm"),
    "waits or runs": ("排队中|运行中", "queued|running"),
    "completed": ("已完成", "completed"),
    "verification": ("误差核对（PyTorch 与 Tron）", "Verification (PyTorch and Tron)"),
    "measured": (
        r"通过 最大误差 (\d\.\d+e-\d+)，误差阈值 error_threshold " + re.escape(SHOWN_THRESHOLD),
        r"passed Largest difference (\d\.\d+e-\d+), error_threshold " + re.escape(SHOWN_THRESHOLD),
    ),
    "within": (f"≤ {SHOWN_THRESHOLD} 通过", f"≤ {SHOWN_THRESHOLD} passed"),
    "package": ("数据包（zip）", "Package (zip)"),
    "dataset template": ("模型转换模版", "Conversion template"),
    "scan": ("下一步：扫描数据", "Next: scan the data"),
    "match": ("配对分类任务", "Match the tasks"),
    "key for": ("class 对应的 key", "Key for class"),
    "import": ("确认导入", "Import"),
    "would import": ("将导入 60 张图片，丢弃 0 条数据。", "60 images would be imported, 0 records dropped."),
    "ready": ("可用", "ready"),
    "new test": ("新建推理测试", "New test"),
    "platform": ("平台", "Platform"),
    "model": ("选择模型", "Model"),
    "quick": ("快速验证", "Quick check"),
    "dataset": ("选择数据集", "Dataset"),
    "batch": ("batch size", "Batch size"),
    "loops": ("循环次数", "Loops"),
    "iou": ("评估 IOU 阈值", "IoU threshold"),
    "add step": ("+ cvtRGB", "+ cvtRGB"),
    "backend": ("推理后端", "Backend"),
    "two tests": ("将新建 2 个任务", "2 tests will be asked for"),
    "start": ("提交", "Start"),
    "result": ("查看结果", "Result"),
    "result heading": ("推理测试结果", "Test result"),
    "by class": ("不同目标的推理结果", "By class"),
    "confusion": ("混淆矩阵", "Confusion matrix"),
    "bars": ("PR 柱状图", "PR bars"),
    "select": ("选择", "Select"),
    "compare": ("查看批量结果（2）", "Compare (2)"),
    "comparison": ("批量结果", "Comparison"),
    "baseline": ("基线", "Baseline"),
    "make baseline": ("设为基线", "Make baseline"),
    "accuracy": ("精度", "Accuracy"),
    "worse": ("劣于基线", "worse"),
    "better": ("优于基线", "better"),
}


class Own(NamedTuple):
    """What the job is done with: files, and names that nobody else has."""

    case: small_case.SmallCase
    package: Path
    structure: Path
    tag: str


def own(folder: Path, tag: str) -> Own:
    """A small case whose class bears a name of its own."""
    case = small_case.make(folder)
    structure = folder / "own_net.py"
    structure.write_text(small_case.STRUCTURE.replace("SmallNet", f"Net{tag}"))
    return Own(case, Path(shutil.make_archive(str(folder / "images"), "zip", case.images)), structure, tag)


class MainJob:
    """Somebody who does the main job on a page with their hands; what they do and see is read from the page alone."""

    def __init__(self, page: Page, hands: Hands, lang: str, own: Own) -> None:
        self.page, self.hands, self.own = page, hands, own
        self._column = 0 if lang == "zh" else 1
        self.models = [f"{own.tag} v{number}" for number in (1, 2)]
        self.structure, self.template, self.dataset = (f"{own.tag} {what}" for what in ("net", "template", "images"))

    def say(self, key: str) -> str:
        return WORDS[key][self._column]

    def register(self, login: str) -> None:
        """An account of one's own; then out, and in again by its password."""
        self._press("button", "register")
        self._enter("login", login)
        self._enter("person", "李伟")
        self._enter("password", PASSWORD)
        self._press("button", "register")
        self._stands("home")
        self.hands.press(self.page.get_by_role("button", name=f"{self.say('account')} 李伟"))
        self._press("menuitem", "sign out")
        self._stands("sign in")
        self._enter("login", login)
        self._enter("password", PASSWORD)
        self._press("button", "sign in")
        self._stands("home")

    def upload(self, number: int) -> None:
        """A version of the weights."""
        self._go("pth")
        self._press("button", "new")
        dialog = self.page.get_by_role("dialog")
        self.hands.attach(dialog.get_by_label(self.say("weights")), self.own.case.weights[number])
        expect(self._field("name", dialog)).to_have_value(f"small_v{number + 1}")
        self._enter("name", self.models[number], dialog)
        self._enter("note", f"epoch 7, {number}", dialog)
        self._press("button", "save", dialog)
        expect(dialog).to_be_hidden()
        expect(self._row(self.models[number])).to_be_visible()

    def add_structure(self) -> None:
        """The Python file that the weights belong to; nobody has converted with it yet."""
        self._go("structures")
        self._press("button", "new")
        dialog = self.page.get_by_role("dialog")
        self._enter("structure name", self.structure, dialog)
        self._enter("class name", f"Net{self.own.tag}", dialog)
        self.hands.attach(dialog.get_by_label(self.say("structure file")), self.own.structure)
        self._press("button", "save", dialog)
        expect(dialog).to_be_hidden()
        expect(self._row(self.structure)).to_contain_text(self.say("uncertified"))

    def make_template(self) -> None:
        """By the form; the code says the same at once, and what is changed in the code stands in the form."""
        self._go("templates")
        self._press("button", "add template")
        size, mean, scale = small_case.SIZE, small_case.MEAN, small_case.SCALE
        self._enter("template name", self.template)
        self._enter("threshold", "1e-4")
        self._pick("architecture", self.say("marked").format(name=self.structure), self.structure)
        self._press("checkbox", "whole file")
        self._enter("key", "state_dict")
        self._enter("input shape", f"1,3,{size},{size}")
        self._enter("input name", "data")
        self._enter("max batch", "8")
        self._enter("classes", str(len(small_case.CLASSES)))
        self._enter("mean", ",".join([str(mean)] * 3))
        self._enter("scale", ",".join([str(scale)] * 3))
        self._enter("class names", "\n".join(small_case.CLASSES))
        self._in_step()
        self._press("button", "save")
        self._stands_named(self.template)

    def _in_step(self) -> None:
        mode = self.page.get_by_role("radiogroup", name=self.say("mode"))
        self.hands.switch(mode, self.say("code"))
        code = self.page.get_by_label(self.say("json"))
        said = json.loads(code.input_value())
        (sub,) = said["sub_templates"]
        assert (said["name"], said["error_threshold"], sub["input_name"]) == (self.template, 1e-4, "data")
        assert sub["tasks"] == [{"name": "class", "classes": list(small_case.CLASSES)}]
        assert sub["mean_values"] == [small_case.MEAN] * 3
        said["error_threshold"] = float(THRESHOLD)
        self.hands.enter(code, json.dumps(said))
        self.hands.switch(mode, self.say("form"))
        expect(self._field("threshold")).to_have_value("0.0002")
        expect(self._field("class names")).to_have_value("\n".join(small_case.CLASSES))

    def convert(self, number: int) -> float:
        """A conversion, watched until its page says how far the model is from PyTorch; that is given back."""
        self._go("conversions", "conversions heading")
        self._press("button", "new conversion")
        name = self.models[number]
        self.hands.pick(self.page.get_by_role("combobox", name=self.say("choose pth")), name, name)
        self.hands.pick(
            self.page.get_by_role("combobox", name=self.say("choose template")), self.template, self.template
        )
        expect(self._field("threshold in use")).to_have_value("0.0002")
        self._press("button", "confirm")
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(name)
        expect(self.page.get_by_text(re.compile(f"^({self.say('waits or runs')})$")).first).to_be_visible()
        expect(self.page.get_by_role("heading", name=self.say("verification"))).to_be_visible(timeout=JOB_MS)
        told = self.page.get_by_text(re.compile(self.say("measured")))
        expect(told).to_be_visible()
        found = re.search(self.say("measured"), told.inner_text())
        assert found is not None
        return float(found[1])

    def see_conversions(self) -> None:
        """The list tells each one's error against the threshold; the structure counts as certified now."""
        self._go("conversions", "conversions heading")
        for name in self.models:
            expect(self._row(name)).to_contain_text(self.say("within"))
        self._go("structures")
        expect(self._row(self.structure)).to_contain_text(self.say("certified"))

    def import_images(self) -> None:
        """The package: scanned, matched with the template, confirmed, and there."""
        self._go("datasets")
        self._press("button", "new")
        self.hands.attach(self.page.get_by_label(self.say("package")), self.own.package)
        expect(self._field("name")).to_have_value("images")
        self._enter("name", self.dataset)
        self._pick("dataset template", self.template, self.template)
        self._press("button", "scan")
        expect(self.page.get_by_role("heading", name=self.say("match"))).to_be_visible(timeout=JOB_MS)
        expect(self.page.get_by_role("heading", name=self.say("would import"))).to_be_visible()
        expect(self._field("name")).to_have_value(self.dataset)
        self._press("button", "import")
        self._stands_named(self.dataset)
        expect(self.page.get_by_text(self.say("ready"), exact=True)).to_be_visible(timeout=JOB_MS)

    def test_both(self) -> None:
        """Both models on the images, every field of the form seen; their results come by themselves."""
        self._go("tests")
        self._press("button", "new test")
        for name in self.models:
            self._pick("model", self._tron(name), name)
        self._pick("dataset", f"{self.dataset} · classification · 60", self.dataset)
        expect(self.page.get_by_role("switch", name=self.say("quick"))).not_to_be_checked()
        self.hands.enter(self.page.get_by_label(self.say("batch"), exact=True), "4")
        self.hands.enter(self.page.get_by_label(self.say("loops"), exact=True), "2")
        expect(self.page.get_by_label(self.say("iou"), exact=True)).to_be_disabled()
        for precision in ("fp16", "int8"):
            expect(self.page.get_by_role("switch", name=precision)).to_be_disabled()
        self._pick("backend", "onnxruntime")
        expect(self.page.get_by_text(self.say("two tests"))).to_be_visible()
        self._press("button", "start")
        self._stands("tests")
        for name in self.models:
            expect(self._row(name)).to_contain_text(self.say("completed"), timeout=JOB_MS)

    def _tron(self, name: str) -> str:
        today = self.page.evaluate("() => new Date().toISOString().slice(0, 10).replaceAll('-', '')")
        return f"{name}-{today} 1.0.1 · classification/classification"

    def see_result(self, number: int) -> None:
        """The figures of one: as many right as PyTorch has right."""
        self._go("tests")
        self.hands.press(self._row(self.models[number]).get_by_role("link", name=self.say("result")))
        self._stands("result heading")
        expect(self.page.get_by_text(f"{self.own.case.top1[number]:.2%} top-1").first).to_be_visible()
        for name in ("by class", "bars", "confusion"):
            expect(self.page.get_by_role("heading", name=self.say(name)).first).to_be_visible()

    def compare(self) -> None:
        """Both, ticked in the list: the first is the baseline, the other is told beside it; then the other way."""
        self._go("tests")
        for name in self.models:
            self.hands.press(self._row(name).get_by_role("checkbox"))
        self._press("button", "compare")
        self._stands("comparison")
        one, other = self.own.case.top1
        self._told(self.models[0], self.models[1], other - one)
        row = self._row(self.models[1])
        self.hands.press(row.get_by_role("button", name=self.say("make baseline")))
        self._told(self.models[1], self.models[0], one - other)

    def _told(self, base: str, name: str, points: float) -> None:
        """The base is said to be one; the other row has arrow, difference in points, interval and verdict."""
        expect(self._row(base)).to_contain_text(self.say("baseline"))
        row = self._row(name)
        expect(row).to_contain_text(f"{'▲' if points > 0 else '▼'} {points * 100:+.2f} pp".replace("-", "−"))
        expect(row).to_contain_text(self.say("better" if points > 0 else "worse"))

    def _go(self, key: str, heading: str | None = None) -> None:
        menu = self.page.get_by_role("navigation").first
        self.hands.press(menu.get_by_role("link", name=self.say(key), exact=True))
        self._stands(heading or key)

    def _stands(self, key: str) -> None:
        self._stands_named(self.say(key))

    def _stands_named(self, name: str) -> None:
        expect(self.page.get_by_role("heading", level=1, name=name)).to_be_visible()

    def _press(self, role: str, key: str, within: Locator | None = None) -> None:
        self.hands.press((within or self.page).get_by_role(role, name=self.say(key), exact=True))  # type: ignore[arg-type]

    def _enter(self, key: str, text: str, within: Locator | None = None) -> None:
        self.hands.enter(self._field(key, within), text)

    def _pick(self, key: str, option: str, search: str = "") -> None:
        self.hands.pick(self.page.get_by_role("combobox", name=self.say(key), exact=True), option, search)

    def _field(self, key: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_label(self.say(key), exact=True)

    def _row(self, name: str) -> Locator:
        return self.page.get_by_role("row").filter(has_text=name).first
