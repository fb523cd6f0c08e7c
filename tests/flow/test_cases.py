"""Real weights and images made by others, through the running system; needs the folder of cases beside the checkout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from cases import CASES, DEPTHS, NETWORKS, by_class, sub_template, template
from numpy.typing import NDArray

from api import resources, resources_tests
from api.client.client import Client
from schemas.reports import EvaluationReport
from schemas.specs.preprocessing import CenterCrop, CvtRGB, Resize, Transpose

JOB_SECONDS_MAX = 300
ERROR_MAX = 1e-4
TOP1 = {20: 0.804, 32: 0.840, 44: 0.821, 56: 0.825}
CIFAR, FASHION, PHOTOS = "cls_cifar10_resnet", "cls_fashionmnist_mlp", "cls_imagenet_effnet_lite0"
COCO_CASE = CASES / "det_coco_fastestdet"
FASHION_CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
BEYOND = {"name": "clip", "kind": "si", "value": 0}
"""The reference's boxes may reach beyond the image."""
LOOSE = [{"name": "score_threshold", "kind": "sf", "value": 0.001}, {"name": "colour", "kind": "ss", "value": "bgr"}]

pytestmark = [
    pytest.mark.real,
    pytest.mark.bars,
    pytest.mark.skipif(not CASES.exists(), reason="the folder of real cases is not here (MO_CASES)"),
    pytest.mark.timeout(1200),
]


def cifar_classes() -> tuple[str, ...]:
    return tuple(json.loads((CASES / CIFAR / "annotations.json").read_text())["classes"])


def coco() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((COCO_CASE / "annotations.json").read_text())
    return {**told, "categories": sorted(told["categories"], key=lambda each: each["id"])}


def done(mo: Client, job: resources.Job) -> resources.Job:
    ended = mo.jobs.wait(job.id, JOB_SECONDS_MAX)
    assert ended.state == "completed", ended.message
    return ended


def imported(mo: Client, name: str, folder: Path) -> resources.Dataset:
    return mo.datasets.get(done(mo, mo.datasets.import_folder(name, folder)).subject_id)


def structure(mo: Client, case: str) -> str:
    about = NETWORKS[case]
    found = mo.structures.list(search=about.class_name).items
    known = [each for each in found if each.class_name == about.class_name]
    return str((known[0] if known else mo.structures.add(about.structure, about.class_name)).id)


def converted(mo: Client, name: str, weights: Path, document: dict[str, Any]) -> resources.Tron:
    """The verified Tron; its error is printed and small."""
    made = mo.templates.add(document)
    job = done(mo, mo.convert(mo.models.upload(weights).id, made.id, name=name))
    tron = mo.models.get_tron(job.subject_id)
    error = tron.revisions[0].max_abs_error
    print(f"\n{name}: max-abs error {error:.2g}")
    assert error <= ERROR_MAX
    return tron


@pytest.fixture(scope="module")
def mo(patient_mo: Client) -> Client:
    """Networks of this size may take minutes on a busy machine."""
    return patient_mo


@pytest.fixture(scope="module")
def cifar(mo: Client, tmp_path_factory: pytest.TempPathFactory) -> resources.Dataset:
    return imported(mo, "cifar-1000", by_class(CIFAR, tmp_path_factory.mktemp("cifar"), cifar_classes()))


def test_four_resnets_on_a_thousand_cifar_images_have_the_accuracy_of_plain_pytorch(
    mo: Client, cifar: resources.Dataset
):
    found, tests = {}, []
    for depth in DEPTHS:
        case = f"resnet{depth}"
        document = template(
            f"cifar-{depth}", "classification", sub_template(case, structure(mo, case), cifar_classes())
        )
        tron = converted(mo, "cifar-resnet", NETWORKS[case].weights(), document)
        job = done(mo, mo.infer(tron.id, cifar.id, batch_size=16, steps=[CvtRGB(), Transpose()]))
        tests.append(mo.tests.get(job.id))
        found[depth] = tests[-1].tasks[0].top1
        print(f"resnet{depth}: top-1 {found[depth]:.3f} (PyTorch {TOP1[depth]:.3f})")
    assert found == pytest.approx(TOP1, abs=0.002)
    rows = mo.compare([test.id for test in tests], tests[0].id).tests
    assert rows[0].delta["accuracy"] is None
    for row in rows[1:]:
        found_there = row.verdicts["accuracy"]
        print(f"{row.test.version} against {tests[0].version}: {found_there.difference:+.3f} {found_there.code}")
    codes = {
        (a.id, b.id): mo.compare([a.id, b.id], a.id).tests[1].verdicts["accuracy"].code
        for a in tests
        for b in tests[1:]
        if a is not b
    }
    assert codes[tests[2].id, tests[3].id] == "within_noise", "44 and 56 layers: .821 and .825"
    deltas = [row.delta["accuracy"] for row in rows[1:]]
    assert deltas == pytest.approx([found[depth] - found[20] for depth in (32, 44, 56)], abs=1e-9)


def test_efficientnet_lite0_on_two_hundred_photos(mo: Client, tmp_path: Path):
    classes = tuple(f"{number:04}" for number in range(1000))
    case = "efficientnet-lite0"
    photos = imported(mo, "photos-200", by_class(PHOTOS, tmp_path, classes))
    document = template("lite0-200", "classification", sub_template(case, structure(mo, case), classes))
    tron = converted(mo, "lite0", NETWORKS[case].weights(), document)
    crop = CenterCrop(width=224, height=224)
    # The reference shrinks with antialiasing, which OpenCV's cubic has not (.885).
    steps = [Resize(short_side=256, interpolation="cubic_antialias"), crop, CvtRGB(), Transpose()]
    test = mo.tests.get(done(mo, mo.infer(tron.id, photos.id, batch_size=8, steps=steps)).id)
    print(f"lite0: top-1 {test.tasks[0].top1:.3f} (PyTorch 0.900), top-5 {test.tasks[0].top5:.3f} (0.985)")
    assert (test.tasks[0].top1, test.tasks[0].top5) == pytest.approx((0.900, 0.985), abs=0.0051), "one image of 200"


def test_a_grey_perceptron_with_its_softmax_inside(mo: Client, tmp_path: Path):
    case = "fashion-mlp"
    fashion = imported(mo, "fashion-1000", by_class(FASHION, tmp_path, FASHION_CLASSES))
    document = template("fashion", "classification", sub_template(case, structure(mo, case), FASHION_CLASSES))
    tron = converted(mo, "fashion", NETWORKS[case].weights(), document)
    test = mo.tests.get(done(mo, mo.infer(tron.id, fashion.id, batch_size=16)).id)
    assert test.tasks[0].top1 == pytest.approx(0.860, abs=0.002)
    assert not report_of(mo, test).tasks[0].softmax_added, "applying softmax twice is a fault"


def report_of(mo: Client, test: resources_tests.Test) -> EvaluationReport:
    assert test.report is not None
    body = mo._core.mode.run(mo._core.body(f"/objects/{test.report.digest}"))
    return msgspec.json.decode(body, type=EvaluationReport)


def column(values: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(values, np.float32)[:, None, None]


def test_fastestdet_detects_what_its_reference_detects(mo: Client, tmp_path: Path):
    """COCO's package scanned and imported, the detector converted, tested, and held against PyTorch: one verdict."""
    names = tuple(each["name"] for each in coco()["categories"])
    sub = sub_template("fastestdet", structure(mo, "fastestdet"), names, args=[*LOOSE, BEYOND])
    tron = converted(mo, "fastestdet", NETWORKS["fastestdet"].weights(), template("fastestdet", "fastestdet", sub))
    package = tmp_path / "coco"
    shutil.copytree(COCO_CASE / "images", package / "images")
    shutil.copy(COCO_CASE / "annotations.json", package / "annotations.json")
    used = mo.templates.find("fastestdet")
    scan = done(mo, mo.datasets.scan(package, format_="coco", template=used.id))
    photos = mo.datasets.get(done(mo, mo.datasets.import_scanned("coco-158", scan.id)).subject_id)
    assert (photos.type, photos.versions[0].images) == ("detection", 158)
    test = mo.tests.get(done(mo, mo.infer(tron.id, photos.id, batch_size=8, backend="onnxruntime")).id)
    assert test.detection is not None
    found = test.detection.coco
    print(f"\nfastestdet: AP {found[0]:.4f}, AP50 {found[1]:.4f}, {test.images_per_second:.1f} images/s")
    expected = json.loads((COCO_CASE / "reference.json").read_text())["fp32_all158"]
    assert list(found) == pytest.approx(expected, abs=0.0005)
    assert test.accuracy == pytest.approx(expected[1], abs=0.0005), "mean AP at the usual threshold of .5"
    parity = mo.tests.parity_result(done(mo, mo.parity(tron.id, photos.id, images_max=158)).id)
    figures = {each.key: (each.pytorch, each.tron) for each in parity.figures}
    print(
        f"parity: max-abs {parity.max_abs:.2g}, {parity.different} images answered differently, {figures['ap_50_95']}"
    )
    assert figures["ap_50_95"] == pytest.approx((expected[0], expected[0]), abs=0.0005)
    other = mo.tests.get(done(mo, mo.infer(tron.id, photos.id, batch_size=8, backend="openvino")).id)
    row = mo.compare([test.id, other.id], test.id).tests[1]
    assert row.verdicts["accuracy"].code == "within_noise"
    assert [note.code for note in row.notes] == ["backend_differs"]


def test_a_detector_and_a_classifier_in_one_tron_run_in_one_test(mo: Client, cifar: resources.Dataset, tmp_path: Path):
    parts = {}
    for case in ("fastestdet", "resnet20"):
        state = torch.load(NETWORKS[case].weights(), map_location="cpu", weights_only=True)
        parts[case] = state[NETWORKS[case].key] if NETWORKS[case].key else state
    torch.save(parts, tmp_path / "two.pth")
    names = tuple(each["name"] for each in coco()["categories"])
    bgr = [{"name": "colour", "kind": "ss", "value": "bgr"}]
    detector = {"method": "fastestdet", "state_dict_key": "fastestdet", "args": bgr}
    document = template(
        "two",
        "classification",
        sub_template("fastestdet", structure(mo, "fastestdet"), names, **detector),
        sub_template("resnet20", structure(mo, "resnet20"), cifar_classes(), state_dict_key="resnet20"),
    )
    tron = converted(mo, "two", tmp_path / "two.pth", document)
    job = done(mo, mo.infer(tron.id, cifar.id, batch_size=16, steps=[CvtRGB(), Transpose()]))
    test = mo.tests.get(job.id)
    assert test.tasks[0].top1 == pytest.approx(TOP1[20], abs=0.002), "the classifier sees what it sees alone"
    find, name = report_of(mo, test).networks
    assert (find.method, name.method) == ("fastestdet", "classification")
    assert find.inference.total_ms > name.inference.total_ms > 0
