"""Every field of a test's form has an effect: one usual test on the running system, and tests that change one thing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from field_scene import COLOURS, IMAGES, FieldScene, field_scene, painted
from people import environ_of

from api import resources_tests
from api.cli.app import run
from api.client.client import Client
from api.client.errors import ProblemError
from api.wishes import CloneWish
from schemas.reports import DetectionReport
from schemas.specs.preprocessing import CenterCrop, CvtRGB, EqualResize, Resize, Step, Transpose
from schemas.specs.testing import Dimension, TaskPair, TestOptions
from schemas.values import Platform

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

EDGES = [COLOURS[number % 3] for number in range(IMAGES)]
MIDDLES = [COLOURS[(number + 1) % 3] for number in range(IMAGES)]
STRIPES = [COLOURS[(number + 2) % 3] for number in range(IMAGES)]
SWAPPED = [COLOURS[2 - number % 3] for number in range(IMAGES)]
PLATFORMS: tuple[Platform, ...] = ("nvidia", "ascend")
LIGHT = ["day"] * 6 + ["night"] * 6
WHOLE = Resize(width=32, height=32)
MIDDLE = CenterCrop(width=32, height=32)
PADDED = EqualResize(width=32, height=32)
LIGHT_TOO = TestOptions(dimensions=(Dimension("light", as_task=True),))


@pytest.fixture(scope="module")
def scene(mo: Client, tmp_path_factory: pytest.TempPathFactory) -> FieldScene:
    return field_scene(mo, tmp_path_factory.mktemp("fields"))


@pytest.fixture(scope="module")
def usual(scene: FieldScene) -> resources_tests.Test:
    """What the others are held against."""
    return scene.test()


@pytest.fixture(scope="module")
def found(scene: FieldScene) -> resources_tests.Test:
    """The usual test of the detector."""
    return scene.test(model="finder", dataset="spots")


def boxes(scene: FieldScene, test: resources_tests.Test) -> DetectionReport:
    report = scene.mo.tests.result(test.id).detection
    assert report is not None
    return report


def refused(asked: Callable[..., Any], *args: Any, **changes: Any) -> str:
    with pytest.raises(ProblemError) as refusal:
        asked(*args, **changes)
    return refusal.value.problem.code


def test_the_usual_test_is_as_the_pictures_were_made(scene: FieldScene, usual: resources_tests.Test) -> None:
    assert scene.said(usual) == EDGES
    assert (usual.accuracy, usual.images, usual.skipped) == (11 / 12, IMAGES, 0)


def test_model(scene: FieldScene, usual: resources_tests.Test) -> None:
    mixed = scene.test(model="mixer")
    assert scene.said(mixed) == SWAPPED
    assert scene.differing(usual, mixed) == {"model"}


def test_quick_check_keeps_its_answers_and_is_no_test_of_a_dataset(scene: FieldScene, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for number, file in enumerate(files):
        file.write_bytes(painted(number))
    looker_id = scene.models["looker"].id
    before = len(scene.mo.tests.list(limit=200).items)
    check = scene.mo.tests.quick_check(scene.ended(scene.mo.tests.quick(looker_id, files)).id)
    images = scene.mo.tests.images(check.id).items
    assert [(image.name, image.right) for image in images] == [(file.name, None) for file in files]
    assert [[answer.top[0].name for answer in image.answers] for image in images] == [
        [each, "day"] for each in EDGES[:3]
    ]
    assert len(scene.mo.tests.list(limit=200).items) == before


def test_dataset(scene: FieldScene, usual: resources_tests.Test) -> None:
    half = scene.test(dataset="half")
    assert (half.images, half.accuracy) == (6, 5 / 6)
    assert scene.differing(usual, half) == {"dataset", "dataset_version"}


def test_batch_size_is_what_the_network_is_given_and_the_last_batch_is_what_is_left(scene: FieldScene) -> None:
    fives, fours = (scene.test(model="counter", batch_size=size) for size in (5, 4))
    assert scene.said(fives) == ["5"] * 10 + ["green"] * 2
    assert scene.said(fours) == ["4"] * 12
    assert scene.differing(fives, fours) == {"batch_size"}
    assert refused(scene.asked, model="counter", batch_size=17) == "batch_size_over_max"


def test_loops_are_timed_passes_and_scored_once(scene: FieldScene, usual: resources_tests.Test) -> None:
    thrice = scene.test(loops=3)
    for name in ("preprocess", "inference", "postprocess"):
        one, three = (getattr(test, name) for test in (usual, thrice))
        assert (round(one.total_ms / one.mean_ms), round(three.total_ms / three.mean_ms)) == (IMAGES, 3 * IMAGES)
    assert (thrice.images, thrice.accuracy) == (usual.images, usual.accuracy)
    assert scene.differing(usual, thrice) == {"loops"}


def test_iou_threshold_decides_which_boxes_are_found(scene: FieldScene, found: resources_tests.Test) -> None:
    """The detector's boxes share six tenths with the ones that are said."""
    strict = scene.test(model="finder", dataset="spots", options=TestOptions(iou_threshold=0.7))
    assert (found.accuracy, strict.accuracy) == (1.0, 0.0)
    assert [boxes(scene, test).classes[0].recall for test in (found, strict)] == [1.0, 0.0]
    assert found.detection is not None
    assert strict.detection is not None
    assert found.detection.coco == strict.detection.coco, "COCO's numbers have thresholds of their own"
    assert scene.differing(found, strict) == {"iou_threshold"}
    assert refused(scene.asked, options=TestOptions(iou_threshold=0.7)) == "option_for_detection_only"


def test_size_policy_moves_boxes_between_small_medium_and_large(scene: FieldScene, found: resources_tests.Test) -> None:
    """24 x 24 pixels of 96 x 96: small as they are; 480 x 270, and large, as if the image were 1920 x 1080."""
    old = scene.test(model="finder", dataset="spots", options=TestOptions(size_policy="1920x1080"))
    assert [boxes(scene, test).classes[0].objects for test in (found, old)] == [(12, 12, 0, 0), (12, 0, 0, 12)]
    assert [boxes(scene, test).ap_by_size for test in (found, old)] == [(1, 1, None, None), (1, None, None, 1)]
    assert scene.differing(found, old) == {"size_policy"}
    assert refused(scene.asked, options=TestOptions(size_policy="1920x1080")) == "option_for_detection_only"


def test_precision_is_computed_in_or_refused(scene: FieldScene, usual: resources_tests.Test) -> None:
    assert usual.used is not None
    assert usual.used.precision == "fp32"
    for quantized in ("fp16", "int8"):
        assert refused(scene.asked, precision=quantized) == "precision_not_available"
    if "bf16" in Path("/proc/cpuinfo").read_text().replace("_", " ").split():
        halved = scene.test(precision="bf16", backend="auto")
        assert halved.used is not None
        assert halved.used.precision == "bf16"
    else:
        assert scene.failed(precision="bf16", backend="auto") == "precision_not_available"


def test_precision_switches_follow_the_latest_quantization(scene: FieldScene) -> None:
    switches = {}
    for model in ("looker", "int8", "fp16"):
        form = scene.mo.tests.form(scene.models[model].id, scene.datasets["colours"])
        switches[model] = {each.precision: each.reason.code if each.reason else "" for each in form.switches}
    assert switches == {
        "looker": {"fp16": "model_not_quantized", "int8": "model_not_quantized"},
        "int8": {"fp16": "quantized_otherwise", "int8": ""},
        "fp16": {"fp16": "", "int8": "quantized_otherwise"},
    }


def test_tasks_are_filled_in_and_can_be_edited(scene: FieldScene, usual: resources_tests.Test) -> None:
    form = scene.mo.tests.form(scene.models["looker"].id, scene.datasets["colours"])
    assert form.tasks == [TaskPair("colour", "colour")]
    edited = scene.test(options=TestOptions(tasks=(TaskPair("colour", "middle"),)))
    assert [task.task for task in usual.tasks] == ["colour"]
    assert [(image.answers[0].truth, image.answers[0].top[0].name) for image in scene.images(edited)] == [
        *zip(MIDDLES, EDGES, strict=True)
    ]
    assert edited.accuracy == 0.0
    assert scene.differing(usual, edited) == {"tasks"}
    assert scene.failed(options=TestOptions(tasks=(TaskPair("colour", "shade"),))) == "task_pair_unknown"


def test_dimensions_are_slices(scene: FieldScene, usual: resources_tests.Test) -> None:
    split = scene.test(options=TestOptions(dimensions=(Dimension("light"),)))
    assert usual.slices == []
    assert [(each.dimension, each.value, each.images, each.accuracy) for each in split.slices] == [
        ("light", "day", 6, 1.0),
        ("light", "night", 6, 5 / 6),
    ]
    assert [task.task for task in split.tasks] == ["colour"], "off: it is looked at, and not a task"
    assert scene.differing(usual, split) == {"dimensions"}
    unknown = TestOptions(dimensions=(Dimension("weather"),))
    assert scene.failed(options=unknown) == "dimension_unknown"


def test_a_dimension_can_be_a_task_where_the_model_has_a_head_for_it(scene: FieldScene) -> None:
    off, on = (scene.test(options=TestOptions(dimensions=(Dimension("light", switch),))) for switch in (False, True))
    assert [[task.task for task in test.tasks] for test in (off, on)] == [["colour"], ["colour", "light"]]
    assert scene.said(on, "light") == LIGHT
    assert on.accuracy == pytest.approx((11 / 12 + 1) / 2)
    assert off.slices[0].accuracy == on.slices[0].accuracy == 1.0
    assert scene.differing(off, on) == {"dimensions", "tasks"}
    headless = TestOptions(dimensions=(Dimension("place", as_task=True),))
    assert scene.failed(options=headless) == "dimension_without_head"


def test_a_task_deleted_from_the_list_takes_its_dimension_along(scene: FieldScene) -> None:
    options = TestOptions(dimensions=(Dimension("light", as_task=True), Dimension("place")))
    left = scene.test(options=options, without_tasks=["light"])
    assert [task.task for task in left.tasks] == ["colour"]
    assert {each.dimension for each in left.slices} == {"place"}
    assert left.options == TestOptions(tasks=(TaskPair("colour", "colour"),), dimensions=(Dimension("place"),))
    assert refused(scene.asked, without_tasks=["colour"]) == "tasks_all_deleted"


CHAINS: dict[str, tuple[tuple[Step, ...], list[str], list[str]]] = {
    "resize": ((WHOLE, CvtRGB(), Transpose()), EDGES, LIGHT),
    "resize: how": ((Resize(width=32, height=32, interpolation="nearest"), CvtRGB(), Transpose()), STRIPES, LIGHT),
    "no cvtRGB": ((WHOLE, Transpose()), SWAPPED, LIGHT),
    "centercrop": ((MIDDLE, CvtRGB(), Transpose()), MIDDLES, LIGHT),
    "centercrop: how much": ((CenterCrop(width=96, height=64), WHOLE, CvtRGB(), Transpose()), EDGES, LIGHT),
    "crop, then resize": ((MIDDLE, WHOLE, CvtRGB(), Transpose()), MIDDLES, LIGHT),
    "resize, then crop": ((WHOLE, MIDDLE, CvtRGB(), Transpose()), EDGES, LIGHT),
    "equal_resize": ((PADDED, CvtRGB(), Transpose()), EDGES, ["night"] * 12),
    "equal_resize: value": (
        (EqualResize(width=32, height=32, value=255), CvtRGB(), Transpose()), EDGES, ["day"] * 12,
    ),
    "equal_resize: below": (
        (EqualResize(width=64, height=64, value=255), MIDDLE, CvtRGB(), Transpose()), MIDDLES, ["day"] * 12,
    ),
    "equal_resize: centred": (
        (EqualResize(width=64, height=64, value=255, centred=True), MIDDLE, CvtRGB(), Transpose()), MIDDLES, LIGHT,
    ),
}  # fmt: skip
"""A chain and what the two heads answer behind it; each differs from another one in one step or parameter."""
SLOW = {"resize", "resize: how", "centercrop: how much", "equal_resize: below", "equal_resize: centred"}
"""Parameters of steps that the others have already: with the slow proofs, for a test is a second."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.bars] if name in SLOW else []) for name in CHAINS]
)
def test_preprocessing(scene: FieldScene, name: str) -> None:
    steps, colours, light = CHAINS[name]
    test = scene.test(steps=steps, options=LIGHT_TOO)
    assert (scene.said(test), scene.said(test, "light")) == (colours, light)
    assert tuple(scene.mo.tests.result(test.id).steps) == steps


REFUSED_CHAINS = {
    "transpose_not_last": (WHOLE, Transpose(), CvtRGB()),
    "cvtrgb_twice": (WHOLE, CvtRGB(), CvtRGB(), Transpose()),
}


@pytest.mark.parametrize("code", REFUSED_CHAINS)
def test_a_chain_that_cannot_run_is_refused_at_once(scene: FieldScene, code: str) -> None:
    assert refused(scene.asked, steps=REFUSED_CHAINS[code]) == code


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ((WHOLE, CvtRGB()), "chain_shape_wrong"),
        pytest.param((Resize(short_side=32), CvtRGB(), Transpose()), "chain_shape_wrong", marks=pytest.mark.bars),
        ((CenterCrop(width=97, height=64), WHOLE, CvtRGB(), Transpose()), "no_images_left"),
    ],
)
def test_a_chain_that_does_not_fit_model_or_images_says_so(
    scene: FieldScene, steps: tuple[Step, ...], code: str
) -> None:
    """Without transpose; 48 x 32 where the network takes 32 x 32; a crop that is wider than every image."""
    assert scene.failed(steps=steps) == code


def test_normalisation_is_the_models_and_no_step_of_a_chain(
    scene: FieldScene, usual: resources_tests.Test, capsys: pytest.CaptureFixture[str]
) -> None:
    dim = scene.test(model="dimmer", options=LIGHT_TOO)
    assert (scene.said(dim), scene.said(dim, "light")) == (EDGES, ["night"] * 12)
    environ = {**environ_of(scene.mo), "MO_LANG": "en", "NO_COLOR": "1"}
    assert run(["infer", "looker", "colours", "--steps", '[{"op": "normalise"}]'], environ) == 2
    assert "normalise" in capsys.readouterr().err


def test_the_chain_that_a_model_brings_is_proposed(scene: FieldScene, usual: resources_tests.Test) -> None:
    middle = scene.test(model="cropper")
    assert (scene.said(usual), scene.said(middle)) == (EDGES, MIDDLES)
    form = scene.mo.tests.form(scene.models["cropper"].id, scene.datasets["colours"])
    assert form.steps == middle.steps == [MIDDLE, CvtRGB(), Transpose()]


def test_platform_comes_first(scene: FieldScene, usual: resources_tests.Test) -> None:
    """One file under an identity of either platform: only the one that agents run is tested."""
    trons = {platform: scene.mo.models.list_trons(platform=platform, limit=200).items for platform in PLATFORMS}
    box = scene.models["box"]
    assert [box.id in [tron.id for tron in trons[platform]] for platform in PLATFORMS] == [False, True]
    assert scene.models["looker"].id in [tron.id for tron in trons["nvidia"]]
    assert refused(scene.asked, model="box") == "platform_not_available"


@pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="OpenVINO is an extra that is not here")
def test_backend_is_what_runs_and_auto_tries_all_of_them(scene: FieldScene, usual: resources_tests.Test) -> None:
    other, tried = scene.test(backend="openvino"), scene.test(backend="auto")
    assert usual.used is not None
    assert other.used is not None
    assert tried.used is not None
    assert (usual.used.backend, other.used.backend) == ("onnxruntime-cpu", "openvino-cpu")
    assert (usual.trials, other.trials) == ([], [])
    times = {trial.backend: trial.infer_ms for trial in tried.trials if trial.infer_ms is not None}
    assert times.keys() == {"onnxruntime", "openvino"}
    assert tried.used.backend == f"{min(times, key=lambda name: times[name])}-cpu"
    assert scene.differing(usual, other) == {"backend"}


def test_several_models_on_several_datasets_are_asked_for_at_once(scene: FieldScene) -> None:
    models = [scene.models[name].id for name in ("looker", "mixer")]
    datasets = [scene.datasets[name] for name in ("colours", "half")]
    batch = scene.mo.tests.infer_all(models, datasets, batch_size=4, backend="onnxruntime")
    tests = [scene.mo.tests.get(scene.ended(job).id) for job in batch.jobs]
    assert [(test.model_id, test.dataset_id, test.accuracy) for test in tests] == [
        (models[0], datasets[0], 11 / 12),
        (models[0], datasets[1], 5 / 6),
        (models[1], datasets[0], 5 / 12),
        (models[1], datasets[1], 3 / 6),
    ]
    before = len(scene.mo.tests.list(limit=200).items)
    mixed = scene.mo.tests.infer_all(models, datasets, precisions=("fp32", "int8"))
    assert ({each.precision for each in mixed.refused}, len(mixed.refused), mixed.jobs) == ({"int8"}, 4, [])
    assert len(scene.mo.tests.list(limit=200).items) == before, "all of them or none"


def test_a_clone_changes_what_it_is_told_and_a_rerun_nothing(scene: FieldScene, usual: resources_tests.Test) -> None:
    clone = scene.ended(scene.mo.tests.clone(usual.id, CloneWish(model_id=scene.models["mixer"].id)))
    again = scene.ended(scene.mo.tests.clone(usual.id))
    changed, rerun = scene.mo.tests.get(clone.id), scene.mo.tests.get(again.id)
    assert scene.differing(usual, changed) == {"model"}
    assert scene.said(changed) == SWAPPED
    assert (scene.differing(usual, rerun), rerun.accuracy) == (set(), usual.accuracy)
    assert len({usual.id, changed.id, rerun.id}) == 3
