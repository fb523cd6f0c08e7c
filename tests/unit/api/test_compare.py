"""Comparison: the arithmetic, and everything that keeps two tests from comparing fairly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import numpy as np
import pytest

from api import compare as comparing
from api import resources_tests
from api.cli.gates import fires, rule_of
from api.kept import Bounded, Kept, kept_of
from api.resources import Job
from api.resources_tests import ClassRow
from schemas.events.tests import BackendUsed, StageTiming, TaskSummary
from schemas.specs.preprocessing import CenterCrop, CvtRGB, Resize, Transpose
from schemas.specs.testing import Dimension, TaskPair, TestOptions
from schemas.values import Code
from schemas.verdict.judging import intervals, verdicts
from schemas.verdict.replicates import Sample, encode, sample

NOW = datetime(2026, 11, 23, tzinfo=UTC)
USED = BackendUsed("onnxruntime", "1", "fp32", "cpu", False)


def judge(_test, _base, ours: Kept, theirs: Kept):
    return verdicts(ours.sample, theirs.sample) if ours.sample is not None and theirs.sample is not None else {}


def compare(base, tests, kept, lang):
    """As the API does it, without its caches."""
    whole = [each if each.sample is None else each._replace(intervals=intervals(each.sample)) for each in kept]
    return comparing.compare(base, tests, whole, judge, lang)


def made(number: int = 1, **changes) -> resources_tests.Test:
    job = Job(
        id=UUID(int=number), kind="inference", state="completed", owner=UUID(int=0), resource="device",
        platform="nvidia", epoch=1, agent="a", cancelling=False, subject_id=UUID(int=9), requested_at=NOW,
        updated_at=NOW,
    )  # fmt: skip
    timing = StageTiming(10.0, 1.0, 1.0, 1.0, 1.0)
    test = resources_tests.Test(
        id=job.id, job=job, model_id=UUID(int=9), model="m", version="1", dataset_id=UUID(int=8), dataset="d",
        pack="sha256:1", batch_size=1, loops=1, precision="fp32", steps=[Transpose()], images=5000, skipped=0,
        accuracy=0.5, tasks=[TaskSummary("class", 5000, 0.5, 0.9, 0.4, 0.3)], preprocess=timing, inference=timing,
        postprocess=timing, total_ms=30.0, used=USED,
    )  # fmt: skip
    return msgspec.structs.replace(test, **changes)


def answered(images: range, right: Callable[[int], bool], *measures: str) -> Sample:
    digests = [f"sha256:{hashlib.sha256(str(each).encode()).hexdigest()}" for each in images]
    marks = np.array([right(each) for each in images], np.bool_)
    return sample(digests, dict.fromkeys(measures or ("top1/class", "top5/class"), marks))


EVEN = Kept({}, answered(range(40), lambda each: each % 2 == 0))


def notes(test: resources_tests.Test, kept: Kept = EVEN) -> list[str]:
    base = made()
    return [note.code for note in compare(base, [base, test], [EVEN, kept], "en").tests[1].notes]


def test_equal_tests_compare_fairly():
    assert notes(made(2)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"dataset_id": UUID(int=7), "pack": "sha256:2"}, "dataset_differs"),
        ({"pack": "sha256:2"}, "dataset_version_differs"),
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


def test_another_preprocessing_is_shown_in_short():
    base, other = made(steps=[]), made(2, steps=[Resize(short_side=256), CenterCrop(224, 224), CvtRGB(), Transpose()])
    (note,) = compare(base, [base, other], [EVEN, EVEN], "en").tests[1].notes
    assert note.params == {"base": "default", "this": "resize short=256 > centercrop 224x224 > cvtRGB > transpose"}


def test_every_test_has_intervals_and_every_difference_a_verdict():
    kept = [EVEN, Kept({}, answered(range(40), lambda each: each % 2 == 0 or each < 20))]
    base, other = compare(made(), [made(), made(2)], kept, "en").tests
    assert set(base.intervals) == set(other.intervals) == {"accuracy", "top1/class", "top5/class"}
    assert (base.intervals["accuracy"].images, base.intervals["accuracy"].method) == (40, "wilson")
    assert base.intervals["accuracy"].low < 0.5 < base.intervals["accuracy"].high
    assert base.verdicts == {}
    assert {each.code for each in other.verdicts.values()} == {"better"}
    assert other.verdicts["accuracy"] == other.verdicts["top1/class"]
    assert other.verdicts["accuracy"].difference == 0.25


def test_a_mean_of_several_tasks_has_neither():
    tasks = [TaskSummary(name, 40, 0.5, None, 0.5, 0.5) for name in ("class", "colour")]
    kept = Kept({}, answered(range(40), lambda each: each % 2 == 0, "top1/class", "top1/colour"))
    base, other = compare(made(tasks=tasks), [made(tasks=tasks), made(2, tasks=tasks)], [kept, kept], "en").tests
    assert set(base.intervals) == set(other.verdicts) == {"top1/class", "top1/colour"}
    assert {each.code for each in other.verdicts.values()} == {"within_noise"}


def test_images_that_only_one_test_has_are_left_out_and_said():
    fewer = Kept({}, answered(range(5, 43), lambda each: each % 2 == 0))
    base = made()
    row = compare(base, [base, made(2)], [EVEN, fewer], "en").tests[1]
    assert [(note.code, note.params) for note in row.notes] == [("images_left_out", {"n": "8", "images": "35"})]
    assert "35 that both have" in row.messages[0]


def test_tests_that_share_no_image_do_not_compare():
    base = made()
    others = Kept({}, answered(range(50, 90), lambda each: each % 2 == 0))
    row = compare(base, [base, made(2)], [EVEN, others], "en").tests[1]
    assert [note.code for note in row.notes] == ["no_images_in_common"]
    assert {each.code for each in row.verdicts.values()} == {"not_comparable"}


def test_without_replicates_there_is_no_verdict_and_that_is_said():
    report = msgspec.json.encode({"tasks": []})
    for replicates in (None, b"junk"):
        kept = kept_of(report, replicates)
        base, other = compare(made(), [made(), made(2)], [EVEN, kept], "en").tests
        assert ([note.code for note in other.notes], other.intervals) == (["replicates_missing"], {})
        assert {each.code for each in other.verdicts.values()} == {"not_comparable"}
        assert base.intervals
    assert EVEN.sample is not None
    assert kept_of(report, encode(EVEN.sample)).sample is not None


def test_differences_are_this_minus_base_and_absent_where_undefined():
    base = made()
    better = made(2, accuracy=0.75, tasks=[TaskSummary("class", 5000, 0.75, None, 0.5, 0.25)], total_ms=20.0)
    first, second = compare(base, [base, better], [EVEN, EVEN], "zh").tests
    assert set(first.delta.values()) == {None}
    assert (second.delta["accuracy"], second.delta["top1/class"], second.delta["top5/class"]) == (0.25, 0.25, None)
    assert second.delta["macro_recall/class"] == pytest.approx(-0.05)
    assert (second.delta["total_ms"], second.delta["preprocess_ms"]) == (-10.0, 0.0)


def test_a_task_that_the_base_lacks_has_no_differences():
    other = made(2, tasks=[TaskSummary("colour", 5000, 0.75, None, 0.5, 0.25)])
    base = made()
    colours = {"colour": [ClassRow(name="red", precision=1, recall=1, support=1)]}
    row = compare(base, [base, other], [EVEN, Kept(colours, EVEN.sample)], "en")
    assert row.tests[1].delta["top1/colour"] is None
    assert row.tests[1].class_delta == {"colour": {"red": {"precision": None, "recall": None}}}


def test_an_accuracy_over_fewer_tasks_passes_no_gate():
    two = [TaskSummary(name, 40, 0.5, None, 0.5, 0.5) for name in ("class", "colour")]
    both = Kept({}, answered(range(40), lambda each: each % 2 == 0, "top1/class", "top1/colour"))
    row = compare(made(tasks=two), [made(tasks=two), made(2)], [both, EVEN], "en").tests[1]
    assert row.verdicts["top1/class"].code == "within_noise"
    assert (row.delta["accuracy"], row.verdicts["accuracy"].code) == (None, "not_comparable")
    assert all(fires(rule_of(rule), row) for rule in ("accuracy < -0.01", "worse(accuracy)"))


def test_the_same_pairs_are_the_same_in_any_order():
    pairs = (("class", "kind"), ("colour", "hue"))
    kept = [EVEN._replace(pairs=each) for each in (pairs, pairs[::-1])]
    assert compare(made(), [made(), made(2)], kept, "en").parameters == []


def test_classes_are_matched_by_name_and_not_by_place():
    def rows(*names_recalls):
        return {"class": [ClassRow(name=n, precision=None, recall=r, support=1) for n, r in names_recalls]}

    base, other = made(), made(2)
    tables = [Kept(each, EVEN.sample) for each in (rows(("cat", 0.5), ("dog", 1.0)), rows(("dog", 0.25), ("cat", 1.0)))]
    row = compare(base, [base, other], tables, "en").tests[1]
    assert row.class_delta["class"]["cat"] == {"precision": None, "recall": 0.5}
    assert row.class_delta["class"]["dog"]["recall"] == -0.75


def test_the_base_may_stand_anywhere():
    base, other = made(1), made(2, accuracy=0.25)
    result = compare(base, [other, base], [EVEN, EVEN], "en")
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
    assert kept_of(msgspec.json.encode(report), None).classes == {
        "class": [ClassRow(name="cat", precision=1.0, recall=None, support=1)]
    }


DETECTED = {"measure": "ap", "tasks": [], "accuracy": 0.3}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (TestOptions(iou_threshold=0.6), "iou_threshold_differs"),
        (TestOptions(size_policy="1920x1080"), "size_policy_differs"),
        (TestOptions(tasks=(TaskPair("a", "b"),)), "tasks_differ"),
    ],
)
def test_another_rule_is_marked_and_listed_among_what_differs(options: TestOptions, code: str):
    base, other = made(**DETECTED), made(2, **DETECTED, options=options)
    result = compare(base, [base, other], [EVEN, EVEN], "en")
    assert [note.code for note in result.tests[1].notes] == [code]
    assert [row.name for row in result.parameters] == [code.removesuffix("_differs").removesuffix("_differ")]
    assert len(result.parameters[0].values) == 2


def test_only_what_differs_is_listed():
    base = made()
    assert compare(base, [base, made(2)], [EVEN, EVEN], "en").parameters == []
    loops = compare(base, [base, made(2, loops=3)], [EVEN, EVEN], "en").parameters
    assert [(row.name, row.values) for row in loops] == [("loops", ["1", "3"])]
    assert compare(base, [base, made(2, measure="ap")], [EVEN, EVEN], "en").tests[1].notes[0] == Code(
        "measure_differs", {"base": "top1", "this": "ap"}
    )


def test_a_dimension_that_is_a_task_too_is_another_one_and_another_accuracy():
    off, on = (
        made(number, options=TestOptions(dimensions=(Dimension("light", as_task=switch),)))
        for number, switch in ((1, False), (2, True))
    )
    result = compare(off, [off, on], [EVEN, EVEN], "en")
    assert {row.name: row.values for row in result.parameters} == {
        "tasks": ["", "light:task"],
        "dimensions": ["light", "light:task"],
    }
    assert {*(row.name for row in result.shared), "tasks", "dimensions"} == {*comparing.PARAMETERS}
    assert next(row.values for row in result.shared if row.name == "batch_size") == ["1", "1"]
    assert [note.code for note in result.tests[1].notes] == ["tasks_differ"]


def test_slices_have_figures_differences_and_verdicts():
    digests = [f"sha256:{hashlib.sha256(str(each).encode()).hexdigest()}" for each in range(200)]
    night = np.arange(200) % 4 == 0
    marks = [np.arange(200) % 2 == 0, (np.arange(200) % 2 == 0) | night]
    first, second = (
        Kept({}, sample(digests, {"top1/class": each}, slices={"light=night": night, "light=day": ~night}))
        for each in (marks[0] & ~night, marks[1])
    )
    base, other = compare(made(), [made(), made(2)], [first, second], "en").tests
    key = "top1/class@light=night"
    assert (base.figures[key], other.figures[key], other.delta[key]) == (0.0, 1.0, 1.0)
    assert other.verdicts[key].code == "better"
    assert other.verdicts["top1/class@light=day"].code == "within_noise"
    assert base.intervals[key].images == 50


def test_a_task_with_an_at_sign_has_its_accuracys_interval_and_verdict():
    tasks = [TaskSummary("a@b", 40, 0.5, None, 0.5, 0.5)]
    kept = Kept({}, answered(range(40), lambda each: each % 2 == 0, "top1/a@b"))
    base, other = compare(made(tasks=tasks), [made(tasks=tasks), made(2, tasks=tasks)], [kept, kept], "en").tests
    assert set(base.intervals) == set(other.verdicts) == {"accuracy", "top1/a%40b"}
    assert (other.verdicts["accuracy"].code, other.delta["top1/a%40b"]) == ("within_noise", 0)
    fewer = Kept({}, answered(range(5, 40), lambda each: each % 2 == 0, "top1/a@b"))
    row = compare(made(tasks=tasks), [made(tasks=tasks), made(2, tasks=tasks)], [kept, fewer], "en").tests[1]
    assert [note.code for note in row.notes] == ["images_left_out"]


def test_the_cache_forgets_what_was_not_asked_for_longest():
    cache: Bounded[str] = Bounded(10)
    for name in "abc":
        cache.put(name, 4, name)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (None, "b", "c")
    cache.get("b")
    cache.put("d", 4, "d")
    assert (cache.get("b"), cache.get("c")) == ("b", None)
    assert cache.put("huge", 11, "x") == "x"
    assert (cache.get("huge"), cache.get("d")) == (None, "d")


def test_curves_come_from_the_report_of_a_detector():
    report = {
        "detection": {
            "task": "object",
            "classes": [
                {
                    "name": "cat",
                    "ap": [0.5, None],
                    "objects": [7, 1],
                    "precision": 0.6,
                    "recall": 0.4,
                    "curve": [1, 0.5],
                },
            ],
        }
    }
    kept = kept_of(msgspec.json.encode(report), None)
    assert kept.classes == {"object": [ClassRow(name="cat", precision=0.6, recall=0.4, support=7, ap=0.5)]}
    (curve,) = kept.curves["object"]
    assert (curve.name, curve.ap, curve.points) == ("cat", 0.5, (1.0, 0.5))


def test_accuracies_of_another_measure_or_of_other_tasks_have_no_difference():
    kept = {task: Kept({}, answered(range(40), lambda _: True, f"top1/{task}"), pairs=((task, task),))
            for task in ("class", "colour")}  # fmt: skip
    base, other = made(accuracy=0.4), made(2, tasks=[TaskSummary("colour", 40, 0.95, None, 0.9, 0.9)], accuracy=0.95)
    row = compare(base, [base, other], [kept["class"], kept["colour"]], "en").tests[1]
    assert row.delta["accuracy"] is None
    assert fires(rule_of("accuracy < -0.01"), row), "what cannot be shown does not pass"
    assert [note.code for note in row.notes if note.code == "tasks_differ"] == ["tasks_differ"]
    detector = made(3, measure="ap", tasks=[], accuracy=0.4)
    row = compare(detector, [detector, other], [kept["class"], kept["colour"]], "en").tests[1]
    assert row.delta["accuracy"] is None
    row = compare(base, [base, made(4, accuracy=0.5)], [kept["class"]] * 2, "en").tests[1]
    assert row.delta["accuracy"] == pytest.approx(0.1)


def test_tasks_compare_by_what_answered_them_in_the_end_not_by_what_was_asked():
    asked = TestOptions(tasks=(TaskPair("class", "kind"),))
    one = Kept({}, None, pairs=(("class", "kind"),))
    other = Kept({}, None, pairs=(("class", "sort"),))
    base, test = made(options=asked), made(2)
    found = compare(base, [base, test], [one, one], "en")
    assert [each.name for each in found.parameters] == []
    found = compare(base, [base, test], [one, other], "en")
    assert [(each.name, each.values) for each in found.parameters] == [("tasks", ["class = kind", "class = sort"])]
