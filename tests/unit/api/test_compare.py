"""Comparison: the arithmetic, and everything that keeps two tests from comparing fairly."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from api import resources
from api.compare import classes_of, compare
from api.resources import ClassRow, Job
from schemas.events.tests import BackendUsed, StageTiming, TaskSummary
from schemas.specs.preprocessing import CvtRGB, Transpose

NOW = datetime(2026, 11, 23, tzinfo=UTC)
USED = BackendUsed("onnxruntime", "1", "fp32", "cpu", False)


def made(number: int = 1, **changes) -> resources.Test:
    job = Job(
        id=UUID(int=number), kind="inference", state="completed", owner=UUID(int=0), resource="device",
        platform="nvidia", epoch=1, agent="a", cancelling=False, subject_id=UUID(int=9), requested_at=NOW,
        updated_at=NOW,
    )  # fmt: skip
    timing = StageTiming(10.0, 1.0, 1.0, 1.0, 1.0)
    test = resources.Test(
        id=job.id, job=job, model_id=UUID(int=9), model="m", version="1", dataset_id=UUID(int=8), dataset="d",
        pack="sha256:1", batch_size=1, loops=1, precision="fp32", steps=[Transpose()], images=5000, skipped=0,
        accuracy=0.5, tasks=[TaskSummary("class", 5000, 0.5, 0.9, 0.4, 0.3)], preprocess=timing, inference=timing,
        postprocess=timing, total_ms=30.0, used=USED,
    )  # fmt: skip
    return msgspec.structs.replace(test, **changes)


def notes(test: resources.Test) -> list[str]:
    base = made()
    return [note.code for note in compare(base, [base, test], [{}, {}], "en").tests[1].notes]


def test_equal_tests_compare_fairly():
    assert notes(made(2)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"dataset_id": UUID(int=7), "pack": "sha256:2"}, "dataset_differs"),
        ({"pack": "sha256:2"}, "dataset_version_differs"),
        ({"images": 4999}, "images_differ"),
        ({"used": msgspec.structs.replace(USED, precision="fp16")}, "precision_differs"),
        ({"used": msgspec.structs.replace(USED, backend="tensorrt")}, "backend_differs"),
        ({"used": msgspec.structs.replace(USED, on_platform=True)}, "device_differs"),
        ({"used": msgspec.structs.replace(USED, device="H200")}, "device_differs"),
        ({"batch_size": 2}, "batch_size_differs"),
        ({"loops": 2}, "loops_differ"),
        ({"steps": [CvtRGB(), Transpose()]}, "steps_differ"),
    ],
)
def test_each_difference_is_noted_once(changes, code):
    assert notes(made(2, **changes)) == [code]


@pytest.mark.parametrize(("images", "points"), [(20, "21.9"), (999, "3.1"), (0, "100"), (1, "98.0")])
def test_few_images_are_said_with_how_far_noise_reaches(images, points):
    base = made(images=images)
    (row,) = compare(base, [base], [{}], "en").tests
    assert [(note.code, note.params) for note in row.notes] == [("small_sample", {"n": str(images), "points": points})]
    assert points in row.messages[0]


def test_differences_are_this_minus_base_and_absent_where_undefined():
    base = made()
    better = made(2, accuracy=0.75, tasks=[TaskSummary("class", 5000, 0.75, None, 0.5, 0.25)], total_ms=20.0)
    first, second = compare(base, [base, better], [{}, {}], "zh").tests
    assert set(first.delta.values()) == {None}
    assert (second.delta["accuracy"], second.delta["top1/class"], second.delta["top5/class"]) == (0.25, 0.25, None)
    assert second.delta["macro_recall/class"] == pytest.approx(-0.05)
    assert (second.delta["total_ms"], second.delta["preprocess_ms"]) == (-10.0, 0.0)


def test_a_task_that_the_base_lacks_has_no_differences():
    other = made(2, tasks=[TaskSummary("colour", 5000, 0.75, None, 0.5, 0.25)])
    base = made()
    row = compare(base, [base, other], [{}, {"colour": [ClassRow(name="red", precision=1, recall=1, support=1)]}], "en")
    assert row.tests[1].delta["top1/colour"] is None
    assert row.tests[1].class_delta == {"colour": {"red": {"precision": None, "recall": None}}}


def test_classes_are_matched_by_name_and_not_by_place():
    def rows(*names_recalls):
        return {"class": [ClassRow(name=n, precision=None, recall=r, support=1) for n, r in names_recalls]}

    base, other = made(), made(2)
    tables = [rows(("cat", 0.5), ("dog", 1.0)), rows(("dog", 0.25), ("cat", 1.0))]
    row = compare(base, [base, other], tables, "en").tests[1]
    assert row.class_delta["class"]["cat"] == {"precision": None, "recall": 0.5}
    assert row.class_delta["class"]["dog"]["recall"] == -0.75


def test_the_base_may_stand_anywhere():
    base, other = made(1), made(2, accuracy=0.25)
    result = compare(base, [other, base], [{}, {}], "en")
    assert (result.base, [row.delta["accuracy"] for row in result.tests]) == (base.id, [-0.25, None])


def test_reports_of_the_evaluation_are_read():
    from schemas.reports import Answer, ClassScore, Clock, EvaluationReport, ImageResult, TaskReport

    answer = Answer(label=0, top=(0,), scores=(1.0,))
    report = EvaluationReport(
        tasks=(
            TaskReport(
                task="class", dataset_task="class", images=1, top1=1.0, top5=None, macro_precision=1.0,
                macro_recall=1.0, macro_f1=1.0, softmax_added=False, confusion=((0, 0, 1),),
                classes=(ClassScore(name="cat", support=1, predicted=1, precision=1.0, recall=None, f1=None),),
            ),
        ),
        images=(ImageResult(name="a.jpg", digest=f"sha256:{'0' * 64}", answers=(answer,)),),
        skipped=(), steps=(Transpose(),), batch_size=1, loops=1, precision="fp32", used=USED, clock=Clock(),
    )  # fmt: skip
    assert classes_of(msgspec.json.encode(report)) == {
        "class": [ClassRow(name="cat", precision=1.0, recall=None, support=1)]
    }
