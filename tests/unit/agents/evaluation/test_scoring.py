"""Tests of detectors, readers and classifiers by slice, from the pack to every file that they leave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import onnx
import pytest
from colour_networks import BLUE, CELL, RED, SIZE, box, classifier, detector, picture, reader, sub

from agents.evaluation import matching, passes
from agents.evaluation.pipeline import evaluate
from agents.evaluation.plan import (
    PACK_FILE,
    PLAN_FILE,
    REPLICATES_FILE,
    REPORT_FILE,
    RESULTS_FILE,
    SUMMARY_FILE,
    TRON_FILE,
    Plan,
    Summary,
)
from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE, Refused
from schemas import results
from schemas.reports import EvaluationReport
from schemas.specs.parts import Arg, TaskSpec
from schemas.specs.testing import Dimension, TaskPair, TestOptions
from schemas.tron import Provenance, SubModel, TronManifest, Verification
from schemas.values import TronIdentity
from schemas.verdict import judging, replicates
from storage.datasets.pack import Box, PackTask, PackWriter
from storage.tron_file import write_tron

NIL, DIGEST = UUID(int=0), f"sha256:{0:064}"
SPOTS = ("spot", "blob")
PLATES = ("A", "B")
USUAL = TestOptions()


class Left(NamedTuple):
    summary: Summary
    report: EvaluationReport
    results: results.Results
    sample: replicates.Sample


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, variable in (("inputs", INPUTS_VARIABLE), ("outputs", OUTPUTS_VARIABLE)):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    return tmp_path / "inputs"


@pytest.fixture
def run(given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Left]:
    """Tests the network on the pack that lies there."""

    def ran(made: onnx.ModelProto, about: SubModel, *, options: TestOptions = USUAL, **plan: Any) -> Left:
        (tmp_path / "g.onnx").write_bytes(made.SerializeToString())
        provenance = Provenance(job_id=NIL, pth_id=NIL, template_id=NIL, weights=DIGEST, template=DIGEST, structures={})
        manifest = TronManifest(
            identity=TronIdentity("nvidia", "r", "n", about.method, "v1"),
            method=about.method,
            sub_models=(about,),
            provenance=provenance,
            verification=Verification(max_abs_error=0, error_threshold=1, batches=(1,), backend="x"),
        )
        write_tron(given / TRON_FILE, manifest, {about.graph: tmp_path / "g.onnx"})
        asked: dict[str, Any] = {"batch_size": 4, "loops": 1, "backend": "onnxruntime", **plan}
        told = Plan(precision="fp32", platform="nvidia", steps=(), options=options, **asked)
        (given / PLAN_FILE).write_bytes(msgspec.json.encode(told))
        home = tmp_path / f"home{len(list(tmp_path.iterdir()))}"
        home.mkdir()
        monkeypatch.chdir(home)
        evaluate(lambda _stage, _fraction: None)
        folder = tmp_path / "outputs"
        return Left(
            msgspec.json.decode((folder / SUMMARY_FILE).read_bytes(), type=Summary),
            msgspec.json.decode((folder / REPORT_FILE).read_bytes(), type=EvaluationReport),
            results.decode((folder / RESULTS_FILE).read_bytes()),
            replicates.decode((folder / REPLICATES_FILE).read_bytes()),
        )

    return ran


DETECTS = sub(detector(), "detection", TaskSpec("object", SPOTS), Arg("score_threshold", "sf", 0.05))


def detection_pack(path: Path, count: int = 12) -> None:
    """Each picture: a spot that is found; every second a blob that is missed, every third a spot that is not there; in
    the fourth a difficult one beside."""
    with PackWriter(path) as pack:
        for number in range(count):
            scale = 1 + number % 2
            squares, boxes = [(0, 0, RED, 200)], [box(0, 0, "spot", scale)]
            if number % 2 == 0:
                boxes.append(box(2, 2, "blob", scale))
            if number % 3 == 0:
                squares.append((3, 3, RED, 100))
            if number == 3:
                boxes.append(box(1, 3, "spot", scale, difficult=True))
            pack.add(
                picture(*squares, scale=scale) if number else picture(*squares),
                name=f"{number}.png",
                suffix="png",
                width=SIZE * scale if number else SIZE,
                height=SIZE * scale if number else SIZE,
                labels={},
                boxes=tuple(boxes),
                attributes={"light": "day" if number < count // 2 else "night"},
            )
        pack.finish((PackTask("object", SPOTS),), "detection")


def test_a_detectors_figures_are_those_of_its_boxes(given: Path, run: Callable[..., Left]) -> None:
    detection_pack(given / PACK_FILE)
    left = run(detector(), DETECTS, options=TestOptions(dimensions=(Dimension("light"),)))
    found = left.summary.detection
    assert left.summary.measure == "ap"
    assert found is not None
    # spots: 12 right ones come before 4 wrong ones; blobs: none found
    assert left.summary.accuracy == found.ap == pytest.approx(0.5)
    assert (found.objects, found.found) == (18, 12)
    assert (found.precision, found.recall) == (1.0, pytest.approx(12 / 18))
    assert found.threshold == pytest.approx(200 / 255, abs=1e-3)
    report = left.report.detection
    assert report is not None
    assert [(each.name, each.objects[0], each.ap[0]) for each in report.classes] == [
        ("spot", 12, 1.0),
        ("blob", 6, 0.0),
    ]
    assert report.confusion == ((0, 0, 12), (1, 2, 6))
    slices = {each.value: (each.images, each.recall) for each in left.summary.slices}
    assert slices == {"day": (6, pytest.approx(6 / 9)), "night": (6, pytest.approx(6 / 9))}
    assert {"ap/object", "recall/object", "precision/object", "recall/object@light=day"} <= set(left.sample.figures())
    around = judging.interval(left.sample, "recall/object")
    assert around is not None
    assert around.low < 12 / 18 < around.high


def test_every_box_says_what_it_was(given: Path, run: Callable[..., Left]) -> None:
    detection_pack(given / PACK_FILE)
    left = run(detector(), DETECTS)
    (part,) = left.results.detected
    boxes = results.detected(part)
    assert boxes.outcomes is not None
    assert boxes.truth_outcomes is not None
    assert np.bincount(boxes.outcomes, minlength=4).tolist() == [0, 12, 0, 4], "right, and below the threshold"
    assert np.bincount(boxes.truth_outcomes, minlength=3).tolist() == [6, 12, 1], "missed, found, difficult"
    first = slice(*boxes.found.offsets[:2])
    assert boxes.found.boxes[first][0].tolist() == [0, 0, 8, 8]
    assert boxes.partners is not None
    assert boxes.partners[first].tolist()[0] == 0
    second = slice(*boxes.found.offsets[1:3])
    assert boxes.found.boxes[second][0].tolist() == [0, 0, 16, 16], "in pixels of the image, not of the input"
    assert left.results.names[1] == "1.png"
    assert results.size_of(left.results, 1) == (64, 64)


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (TestOptions(iou_threshold=0.95), "iou_threshold"),
        (TestOptions(size_policy="1920x1080"), "size_policy"),
    ],
)
def test_options_reach_the_figures(given: Path, run: Callable[..., Left], options: TestOptions, changed: str) -> None:
    with PackWriter(given / PACK_FILE) as pack:
        # a little beside what is found, and small in pixels while the old rule calls it large
        off = Box(label="spot", x=0.5, y=0, width=CELL, height=CELL)
        pack.add(picture((0, 0, RED, 200)), name="a", suffix="png", width=SIZE, height=SIZE, labels={}, boxes=(off,))
        pack.finish((PackTask("object", SPOTS),), "detection")
    usual, other = run(detector(), DETECTS).report.detection, run(detector(), DETECTS, options=options).report.detection
    assert usual is not None
    assert other is not None
    assert usual.summary.ap == pytest.approx(1)
    if changed == "iou_threshold":
        assert other.summary.ap == 0.0
        assert other.summary.coco == usual.summary.coco, "COCO's own thresholds are what they are"
    else:
        assert usual.ap_by_size == (pytest.approx(1), pytest.approx(1), None, None)
        assert other.ap_by_size == (pytest.approx(1), None, None, pytest.approx(1))


def test_boxes_of_classes_that_the_dataset_has_not_are_not_held_against_the_model(
    given: Path, run: Callable[..., Left]
) -> None:
    with PackWriter(given / PACK_FILE) as pack:
        spot = box(0, 0, "spot")
        data = picture((0, 0, RED, 200), (1, 1, BLUE, 250))
        pack.add(data, name="a", suffix="png", width=SIZE, height=SIZE, labels={}, boxes=(spot,))
        pack.finish((PackTask("object", ("spot",)),), "detection")
    left = run(detector(), DETECTS)
    assert left.report.detection is not None
    assert (left.summary.accuracy, left.report.detection.unscored) == (pytest.approx(1), 1)
    assert [each.name for each in left.report.detection.classes] == ["spot"]


def test_a_dataset_without_anything_to_find_is_refused(given: Path, run: Callable[..., Left]) -> None:
    with PackWriter(given / PACK_FILE) as pack:
        pack.add(picture(), name="a", suffix="png", width=SIZE, height=SIZE, labels={})
        pack.finish((PackTask("object", SPOTS),), "detection")
    with pytest.raises(Refused) as refused:
        run(detector(), DETECTS)
    assert refused.value.code == "no_objects_left"


def test_a_true_box_of_an_unknown_class_leaves_its_image_out(given: Path, run: Callable[..., Left]) -> None:
    with PackWriter(given / PACK_FILE) as pack:
        for number, label in enumerate(("spot", "dog")):
            data = picture((0, 0, RED, 200 - number))
            pack.add(data, name=label, suffix="png", width=SIZE, height=SIZE, labels={}, boxes=(box(0, 0, label),))
        pack.finish((PackTask("object", ("spot", "dog")),), "detection")
    left = run(detector(), DETECTS)
    assert (left.summary.images, left.summary.skipped) == (1, 1)
    assert left.report.skipped_reasons == {"label_unknown_to_model": 1}


CHARACTERS = Arg("characters", "vs", PLATES)
READS = sub(reader(), "ctc", TaskSpec("plate", PLATES), CHARACTERS, Arg("blank", "ss", "last"))


def test_a_readers_texts_are_compared_character_by_character(given: Path, run: Callable[..., Left]) -> None:
    columns = {"A": RED, "B": BLUE}
    with PackWriter(given / PACK_FILE) as pack:
        for number, (shown, said) in enumerate((("A B ", "AB"), ("B A ", "BA"), ("A  B", "AA"), ("B   ", "B"))):
            squares = [
                (x, y, columns[each], 255 - number) for x, each in enumerate(shown) if each != " " for y in range(4)
            ]
            pack.add(
                picture(*squares),
                name=f"{number}.png",
                suffix="png",
                width=SIZE,
                height=SIZE,
                labels={"plate": said},
                attributes={"side": "front" if number < 2 else "back"},
            )
        pack.finish((PackTask("plate", PLATES),), "sequence")
    left = run(reader(), READS, options=TestOptions(dimensions=(Dimension("side"),)))
    assert left.summary.measure == "exact"
    assert left.summary.accuracy == 0.75
    (texts,) = left.summary.sequences
    assert (texts.exact, texts.character_error_rate) == (0.75, pytest.approx(1 / 7))
    assert [(each.value, each.accuracy) for each in left.summary.slices] == [("back", 0.5), ("front", 1.0)]
    assert left.results.read[0].texts == ("AB", "BA", "AB", "B")
    assert {"exact/plate", "cer/plate", "exact/plate@side=front"} <= set(left.sample.figures())


COLOURS = ("red", "green", "blue")
NAMES = sub(classifier(), "classification", TaskSpec("colour", COLOURS))


def colour_pack(path: Path) -> None:
    """Red or blue; the label `colour` is right for all, `shade` for every second."""
    with PackWriter(path) as pack:
        for number in range(8):
            own = ("red", "blue")[number % 2]
            data = picture(*((x, y, (RED, BLUE)[number % 2], 200 - number) for x in range(4) for y in range(4)))
            pack.add(
                data,
                name=f"{number}.png",
                suffix="png",
                width=SIZE,
                height=SIZE,
                labels={"colour": own},
                attributes={"shade": own if number < 4 else "green", "place": "in" if number < 2 else "out"},
            )
        pack.finish((PackTask("colour", COLOURS),))


def test_a_classifiers_slices_and_a_dimension_as_a_task(given: Path, run: Callable[..., Left]) -> None:
    colour_pack(given / PACK_FILE)
    left = run(classifier(), NAMES, options=TestOptions(dimensions=(Dimension("place"),)))
    assert (left.summary.accuracy, left.summary.measure) == (1.0, "top1")
    assert [(each.value, each.images, each.accuracy) for each in left.summary.slices] == [
        ("out", 6, 1.0),
        ("in", 2, 1.0),
    ]
    shade = Dimension("shade", as_task=True)
    with pytest.raises(Refused) as refused:
        run(classifier(), NAMES, options=TestOptions(dimensions=(shade,)))
    assert refused.value.code == "dimension_without_head", "the only head answers colour"
    pairs = (TaskPair("colour", "shade"),)
    left = run(classifier(), NAMES, options=TestOptions(dimensions=(shade,), tasks=pairs))
    assert left.summary.accuracy == 0.5
    assert left.report.tasks[0].dataset_task == "shade"
    assert left.results.dimensions[0].values == ("blue", "green", "red")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (TestOptions(dimensions=(Dimension("weather"),)), "dimension_unknown"),
        (TestOptions(tasks=(TaskPair("size", "colour"),)), "task_pair_unknown"),
        (TestOptions(tasks=(TaskPair("colour", "size"),)), "task_pair_unknown"),
        (TestOptions(tasks=(TaskPair("colour", "colour"),) * 2), "task_pair_twice"),
    ],
)
def test_options_that_fit_nothing_are_refused(
    given: Path, run: Callable[..., Left], options: TestOptions, code: str
) -> None:
    colour_pack(given / PACK_FILE)
    with pytest.raises(Refused) as refused:
        run(classifier(), NAMES, options=options)
    assert refused.value.code == code


def test_slices_that_could_not_be_kept_are_refused(
    given: Path, run: Callable[..., Left], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "SLICE_CHARS_MAX", 3)
    colour_pack(given / PACK_FILE)
    with pytest.raises(Refused) as refused:
        run(classifier(), NAMES, options=TestOptions(dimensions=(Dimension("shade"),)))
    assert refused.value.code == "dimension_value_too_long"


def test_a_model_of_another_kind_than_the_dataset_is_refused(given: Path, run: Callable[..., Left]) -> None:
    colour_pack(given / PACK_FILE)
    with pytest.raises(Refused) as refused:
        run(detector(), DETECTS)
    assert refused.value.code == "model_not_scorable"


def test_openvino_gives_the_same_answers_and_says_so(given: Path, run: Callable[..., Left]) -> None:
    detection_pack(given / PACK_FILE)
    ours, theirs = run(detector(), DETECTS), run(detector(), DETECTS, backend="openvino")
    assert theirs.summary.used.backend == "openvino-cpu"
    assert theirs.summary.accuracy == ours.summary.accuracy
    assert theirs.results.detected[0].outcomes == ours.results.detected[0].outcomes
    tried = run(detector(), DETECTS, backend="auto")
    assert {each.backend for each in tried.summary.trials} == {"onnxruntime", "openvino"}


@pytest.mark.parametrize("batch", [1, 5, 12, 64])
def test_batches_change_nothing_and_loops_are_scored_once(given: Path, run: Callable[..., Left], batch: int) -> None:
    detection_pack(given / PACK_FILE)
    once, often = run(detector(), DETECTS), run(detector(), DETECTS, batch_size=batch, loops=3)
    assert often.results == once.results
    assert often.summary.accuracy == once.summary.accuracy
    assert often.summary.inference.total_ms == pytest.approx(often.summary.inference.mean_ms * 36, rel=1e-3)
    assert often.summary.images_per_second == pytest.approx(36_000 / often.summary.total_ms)


@pytest.mark.parametrize("stage", ["_fill", "_infer", "_read"])
def test_what_goes_wrong_in_any_stage_ends_the_test(
    given: Path, run: Callable[..., Left], monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    detection_pack(given / PACK_FILE)
    before, calls = getattr(passes.Passes, stage), []

    def fails(*arguments: Any) -> Any:
        calls.append(stage)
        if len(calls) == 2:
            raise Refused("output_not_finite", side="tron", output=0, batch=1)
        return before(*arguments)

    monkeypatch.setattr(passes.Passes, stage, fails)
    with pytest.raises(Refused) as refused:
        run(detector(), DETECTS, batch_size=2)
    assert refused.value.code == "output_not_finite"
