"""The whole path on the whole system: weights in, a comparison out, with the numbers of plain PyTorch."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
import onnxruntime
import pytest
from small_case import SmallCase, make
from small_tron import WEIGHTS, digest_of, graph, manifest, sub_model, write_small

from api import resources_tests
from api.client.client import Client
from api.client.errors import ProblemError
from api.client.tron_files import describe_file, verify_file
from api.resources import Job, Tron
from schemas.specs.parts import TaskSpec
from schemas.values import TronIdentity

pytestmark = pytest.mark.real
JOB_SECONDS_MAX = 120


class Walked(NamedTuple):
    """What the path left: both versions, their tests, the case itself."""

    case: SmallCase
    trons: list[Tron]
    tests: list[resources_tests.Test]
    dataset_id: UUID


def ended(mo: Client, job: Job) -> Job:
    job = mo.jobs.wait(job.id, JOB_SECONDS_MAX)
    assert job.state == "completed", job.message
    return job


@pytest.fixture(scope="module")
def walked(mo: Client, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    case = make(tmp_path_factory.mktemp("case"))
    structure = mo.structures.add(case.structure, "SmallNet")
    template = mo.templates.add(case.template("small", str(structure.id)))
    imported = ended(mo, mo.datasets.import_folder("small images", case.images))
    trons, tests = [], []
    for weights in case.weights:
        pth = mo.models.upload(weights)
        converted = ended(mo, mo.convert(pth.id, template.id, name="small"))
        trons.append(mo.models.get_tron(converted.subject_id))
        tested = ended(mo, mo.infer(trons[-1].id, imported.subject_id, batch_size=7, loops=2))
        tests.append(mo.tests.get(tested.id))
    return Walked(case, trons, tests, imported.subject_id)


def test_versions_count_on_and_name_the_files(walked: Walked):
    assert [tron.version for tron in walked.trons] == ["1.0.1", "1.0.2"]
    assert walked.trons[0].file_name == "classification_small_classification_1.0.1.tron"


def test_the_structure_is_certified_by_the_first_conversion(mo: Client, walked: Walked):
    structure = mo.structures.find("SmallNet")
    assert (structure.certified, structure.certified_by) == (True, walked.trons[0].revisions[0].job_id)
    assert structure.id in [each.id for each in mo.structures.list(certified=True, mine=True).items]
    assert structure.id not in [each.id for each in mo.structures.list(certified=False).items]


def test_the_conversion_is_verified_within_the_threshold(walked: Walked):
    for tron in walked.trons:
        (revision,) = tron.revisions
        assert 0 <= revision.max_abs_error <= revision.error_threshold == 1e-4


def test_accuracy_is_that_of_plain_pytorch(walked: Walked):
    for test, expected in zip(walked.tests, walked.case.top1, strict=True):
        assert test.images == 60
        assert test.accuracy == pytest.approx(expected, abs=1e-9)
        assert test.tasks[0].top1 == pytest.approx(expected, abs=1e-9)
    assert walked.case.top1[0] != walked.case.top1[1]


def test_timings_say_what_ran(walked: Walked):
    for test in walked.tests:
        assert test.preprocess is not None
        assert test.inference is not None
        assert test.postprocess is not None
        assert test.used is not None
        for stage in (test.preprocess, test.inference, test.postprocess):
            assert 0 < stage.p50_ms <= stage.p95_ms <= stage.p99_ms
        assert test.used.precision == "fp32"
        assert not test.used.on_platform
        assert test.used.fallbacks


def test_the_comparison_has_signed_differences(mo: Client, walked: Walked):
    base, other = walked.tests
    comparison = mo.compare([base.id, other.id], base.id)
    assert comparison.base == base.id
    compared = {row.test.id: row for row in comparison.tests}
    expected = walked.case.top1[1] - walked.case.top1[0]
    assert compared[other.id].delta["accuracy"] == pytest.approx(expected, abs=1e-9)
    back = mo.compare([base.id, other.id], other.id)
    row = next(row for row in back.tests if row.test.id == base.id)
    assert row.delta["accuracy"] == pytest.approx(-expected, abs=1e-9)
    classes = compared[other.id].classes["class"]
    assert sum(each.support for each in classes) == 60
    assert compared[other.id].class_delta["class"]


def test_every_image_is_behind_the_figures(mo: Client, walked: Walked):
    base, other = walked.tests
    right = {}
    for test, expected in zip(walked.tests, walked.case.top1, strict=True):
        pages = [mo.tests.images(test.id, outcome=outcome, limit=100).items for outcome in ("right", "wrong")]
        right[test.id] = {each.digest for each in pages[0]}
        assert len(pages[0]) + len(pages[1]) == 60
        assert len(pages[0]) / 60 == pytest.approx(expected, abs=1e-9)
        report = mo.tests.result(test.id).tasks[0]
        true, said, count = max((cell for cell in report.confusion if cell[0] != cell[1]), key=lambda cell: cell[2])
        names = [each.name for each in report.classes]
        assert len(mo.tests.images(test.id, class_=names[true], found=names[said], limit=100).items) == count
    flips = mo.tests.flips(base.id, other.id, limit=100)
    changed = {
        change: {each.test.digest for each in flips.items if each.change == change} for change in ("lost", "won")
    }
    assert changed["lost"] == right[base.id] - right[other.id]
    assert changed["won"] == right[other.id] - right[base.id]
    assert (flips.images, flips.lost + flips.won, flips.next) == (60, len(flips.items), None)
    image = flips.items[0].base
    original = mo.tests.picture(base.id, image.number, "image")
    assert f"sha256:{hashlib.sha256(original).hexdigest()}" == image.digest
    assert base64.b64encode(original) in mo.tests.picture(base.id, image.number)


def test_the_tron_file_is_a_plain_zip_that_onnx_runtime_runs(mo: Client, walked: Walked, tmp_path: Path):
    file = mo.models.download(walked.trons[0], tmp_path)
    with zipfile.ZipFile(file) as tron:
        assert tron.namelist()[0] == "mimetype"
        assert {each.compress_type for each in tron.infolist()} == {zipfile.ZIP_STORED}
        graph = next(name for name in tron.namelist() if name.endswith(".onnx"))
        session = onnxruntime.InferenceSession(tron.read(graph), providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape[1:] == [3, 24, 24]
    assert isinstance(session.get_inputs()[0].shape[0], str)


def test_a_converted_file_that_is_uploaded_again_gives_the_same_results(mo: Client, walked: Walked, tmp_path: Path):
    file = mo.models.download(walked.trons[0], tmp_path)
    assert verify_file(file).ok
    identity = TronIdentity("nvidia", "scene", "brought along", "classification", "第 1 版")
    tron = mo.models.upload_tron(file, identity)
    assert (tron.origin, tron.detected, tron.quantizable) == ("uploaded", "tron", False)
    assert [each.code for each in tron.notices] == ["tron_identity_differs"]
    assert mo.models.manifest(tron) == mo.models.manifest(walked.trons[0]) == describe_file(file)
    job = ended(mo, mo.infer(tron.id, walked.dataset_id, batch_size=7))
    test = mo.tests.get(job.id)
    assert (test.model, test.version, test.accuracy) == ("brought along", "第 1 版", walked.tests[0].accuracy)
    with pytest.raises(ProblemError) as refusal:
        mo.models.upload_tron(file, identity)
    assert refusal.value.problem.code == "version_taken"


def test_an_uploaded_tron_whose_graph_reaches_outside_fails_in_the_sandbox(mo: Client, walked: Walked, tmp_path: Path):
    """Container and manifest are right, so only reading the graph shows it: the agent's child does."""
    secret = tmp_path / "secret.bin"
    secret.write_bytes(WEIGHTS.tobytes())
    data = graph(str(secret))
    sub = msgspec.structs.replace(
        sub_model()[0], digest=digest_of(data), size_bytes=len(data), tasks=(TaskSpec("class", ("cat", "dog")),)
    )
    file = write_small(tmp_path / "hostile.tron", manifest(sub), {sub.graph: data})
    tron = mo.models.upload_tron(file, TronIdentity("nvidia", "scene", "hostile", "classification", "v1"))
    assert tron.detected == "tron"
    job = mo.jobs.wait(mo.infer(tron.id, walked.dataset_id).id, JOB_SECONDS_MAX)
    assert job.state == "failed"
    assert job.reason is not None
    assert job.reason.code == "tron_unreadable"
    assert "wants data from" in job.message


def test_a_name_that_is_taken_is_refused_and_nothing_is_lost(mo: Client, walked: Walked):
    with pytest.raises(ProblemError) as refusal:
        mo.datasets.import_folder("small images", walked.case.images)
    assert refusal.value.problem.code == "name_taken"
    assert refusal.value.problem.status == 409
    assert mo.datasets.get(walked.dataset_id).versions


def test_the_wrong_network_is_a_failed_job_that_names_the_keys(mo: Client, walked: Walked, tmp_path: Path):
    other = tmp_path / "other.py"
    other.write_text(
        walked.case.structure.read_text().replace("self.head", "self.tail").replace("SmallNet", "OtherNet")
    )
    structure = mo.structures.add(other, "OtherNet")
    template = mo.templates.add(walked.case.template("other", str(structure.id)))
    pth = mo.models.find_pth("small_v1")
    job = mo.jobs.wait(mo.convert(pth.id, template.id, name="wrong").id, JOB_SECONDS_MAX)
    assert job.state == "failed"
    assert job.reason is not None
    assert job.reason.code == "keys_mismatch"
    assert "tail" in job.message
    assert "head" in job.message
    again = ended(mo, mo.convert(pth.id, mo.templates.find("small").id, name="right after"))
    assert again.epoch == 1


def test_a_batch_larger_than_the_models_is_refused_with_the_number(mo: Client, walked: Walked):
    with pytest.raises(ProblemError) as refusal:
        mo.infer(walked.trons[0].id, walked.dataset_id, batch_size=9)
    assert refusal.value.problem.code == "batch_size_over_max"
    assert "8" in refusal.value.problem.detail


def test_a_running_conversion_can_be_cancelled(mo: Client, walked: Walked):
    pth = mo.models.find_pth("small_v1")
    job = mo.convert(pth.id, mo.templates.find("small").id, name="cancelled")
    seen = mo.jobs.cancel(job.id)
    assert seen.id == job.id
    assert mo.jobs.wait(job.id, JOB_SECONDS_MAX).state == "cancelled"
