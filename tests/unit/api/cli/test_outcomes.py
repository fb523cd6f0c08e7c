"""`mo tests result|images|render|flips`: what people see, what the API is asked, and where pictures are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from cli_scene import A, B, Fake, mo, outcome

from api.client.errors import UnknownNameError
from api.resources import Page
from api.resources_images import BoxCounts, ClassAnswer, Flip, Flips, FoundBox, Guess, ImageOutcome, TrueBox
from schemas.events.tests import BackendUsed, DetectionSummary
from schemas.reports import ClassScore, DetectionClass, DetectionReport, EvaluationReport, TaskReport

SIDES = {"left": 1.0, "top": 1.0, "right": 9.0, "bottom": 9.0}
IMAGE = ImageOutcome(
    number=7,
    name="../../etc/a b.png",
    digest="sha256:" + "1" * 64,
    width=64,
    height=48,
    right=False,
    slices={"light": "night"},
    answers=[ClassAnswer(task="kind", truth="cat", right=False, top=[Guess(name="dog", score=0.75)])],
    counts=[BoxCounts(task="object", right=1, wrong=1, missed=1, f1=0.5)],
    boxes=[FoundBox(task="object", name="car", score=0.9, outcome="wrong", partner=None, **SIDES)],
    truths=[TrueBox(task="object", name="bus", outcome="missed", **SIDES)],
)
RIGHT = msgspec.structs.replace(IMAGE, right=True, answers=[], counts=[], boxes=[], truths=[], slices={})
REPORT = EvaluationReport(
    tasks=(
        TaskReport(
            task="kind", dataset_task="kind", images=3, top1=0.5, top5=None, macro_precision=0.5, macro_recall=0.5,
            macro_f1=0.5, softmax_added=False, confusion=((0, 0, 1), (0, 1, 2)),
            classes=(ClassScore(name="cat", support=3, predicted=1, precision=1.0, recall=0.25, f1=0.4),
                     ClassScore(name="dog", support=0, predicted=2, precision=0.0, recall=None, f1=None)),
        ),
    ),
    detection=DetectionReport(
        task="object", dataset_task="object", summary=DetectionSummary(0.5, (0.5,) * 12, 0.3, 0.5, 0.5, 0.5, 4, 4),
        iou_threshold=0.5, size_policy="true", ap_by_size=(0.5, None, 0.5, 0.5), unscored=0, found_per_image_max=100,
        confusion=((0, 0, 1), (0, 1, 3)),
        classes=(DetectionClass(name="car", objects=(4, 0, 2, 2), ap=(0.5, None, 0.5, 0.5), found=4, precision=0.25,
                                recall=0.25, f1=0.25, best_threshold=0.2, best_precision=0.5, best_recall=0.5,
                                best_f1=0.5),),
    ),
    skipped=(), skipped_reasons={"image_broken": 2}, steps=(), batch_size=1, loops=1, precision="fp32",
    used=BackendUsed("onnxruntime", "1", "fp32", "cpu", False),
)  # fmt: skip


class Asked:
    """A client that remembers what it was asked."""

    def __init__(self, *images: ImageOutcome, next_: str | None = None) -> None:
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        found = Flips(
            base=A, test=B, task="kind", images=20, lost=3, won=1,
            items=[Flip(change="lost", difference=-1.0, base=RIGHT, test=IMAGE)],
        )  # fmt: skip
        answers = {
            "result": REPORT,
            "images": Page(items=list(images or (IMAGE, RIGHT)), next=next_),
            "picture": b"<svg/>",
            "flips": found,
        }
        nouns = {name: self._answering(name, answer) for name, answer in answers.items()}
        self.client = Fake(
            tests={
                "find": lambda text: outcome({"a": A, "b": B}[text], 0.5),
                "find_seen": lambda text: {"a": A, "b": B}[text],
                **nouns,
            }
        )

    def _answering(self, name: str, answer: Any) -> Any:
        def operation(*args: Any, **options: Any) -> Any:
            self.asked.append((name, args, options))
            return answer

        return operation


def test_a_result_is_shown_class_by_class_with_what_is_confused(capsys: pytest.CaptureFixture[str]) -> None:
    assert mo(Asked().client, "tests", "result", "a") == 0
    shown = capsys.readouterr().out
    lines = [line.split() for line in shown.splitlines()]
    assert ["cat", "3", "1", "100.00%", "25.00%", "40.00%"] in lines
    assert ["cat", "dog", "2"] in lines, "the fullest cell beside the diagonal"
    assert ["car", "(background)", "3"] in lines, "missed ones"
    assert ["car", "4", "4", "50.00%", "25.00%", "25.00%", "25.00%", "0.200", "50.00%"] in lines


def test_images_are_asked_for_by_filters_and_shown_with_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked()
    argv = (
        "--outcome",
        "fn",
        "--class",
        "bus",
        "--found",
        "car",
        "--slice",
        "light=night",
        "--search",
        "a",
        "--after",
        "5",
    )
    assert mo(asked.client, "tests", "images", "a", *argv, "--limit", "2") == 0
    assert asked.asked == [
        ("images", (A,), {"outcome": "fn", "task": "", "class_": "bus", "found": "car", "slice_": "light=night",
                          "search": "a", "limit": 2, "cursor": "5"}),
    ]  # fmt: skip
    shown = capsys.readouterr().out
    assert "kind=dog 0.75 (cat), TP 1 · FP 1 · FN 1, -bus, +car 0.90" in shown
    assert "wrong" in shown
    assert "light=night" in shown


def test_pictures_are_written_into_the_folder_and_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Asked(IMAGE, next_="8")
    target = tmp_path / "deep" / "pictures"
    assert mo(asked.client, "tests", "render", "a", "--to", str(target), "--outcome", "fp") == 0
    assert [each.relative_to(tmp_path).as_posix() for each in tmp_path.rglob("*.svg")] == [
        "deep/pictures/000007-etc_a_b.png.svg"
    ]
    assert [name for name, _, _ in asked.asked] == ["images", "picture"]
    assert "--after 8" in capsys.readouterr().err


def test_pictures_are_not_written_over_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    asked = Asked()
    assert mo(asked.client, "tests", "render", "a", "--to", str(tmp_path / "file")) == 2
    assert "is a file" in capsys.readouterr().err
    assert asked.asked == []


def test_flips_are_counted_and_shown_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked()
    assert mo(asked.client, "tests", "flips", "a", "b", "--change", "lost") == 0
    ((_, args, options),) = asked.asked
    assert (args, options["change"]) == ((A, B), "lost")
    shown = capsys.readouterr().out
    assert "of 20 images that both have, 3 were lost and 1 won" in shown
    assert "-1.00" in shown


def test_programs_get_flips_whole_or_row_by_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert mo(Asked().client, "tests", "flips", "a", "b", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["lost"] == 3
    assert mo(Asked().client, "tests", "flips", "a", "b", "-o", "jsonl") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["test"]["name"] == IMAGE.name


def test_what_has_no_such_name_is_called_as_people_call_it(capsys: pytest.CaptureFixture[str]) -> None:
    def find(text: str) -> UUID:
        raise UnknownNameError("test", text)

    client = Fake(tests={"find_seen": find, "images": None})
    for lang, said in (("zh", "推理测试中没有“x”。"), ("en", "No test is called 'x'.")):
        assert mo(client, "tests", "images", "x", "--lang", lang) == 3
        assert said in capsys.readouterr().err
