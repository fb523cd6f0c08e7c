"""What careless and hostile people hand in ends in a refusal or a failed job that says why and what to do next."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import bad_input
import pytest
from people import environ_of
from small_case import SIZE, SmallCase, make

from api.cli import exits
from api.cli.app import run
from api.client.client import Client
from api.client.errors import BadInputError, ProblemError
from api.resources import Job
from deploy.settings import Settings

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
JOB_SECONDS_MAX = 240
LANGS = ("zh", "en")


class Ground(NamedTuple):
    """A good model and a good dataset, and where the bad files lie. `structure` and `template` are the good ones'."""

    case: SmallCase
    folder: Path
    pth: UUID
    structure: UUID
    template: UUID
    tron: UUID
    dataset: UUID


class Failing(NamedTuple):
    """A job that must fail with this code; what both languages' messages must name."""

    code: str
    names: str
    weights: str = "good"
    structure: str = "good"
    template: dict[str, Any] = {}
    sub: dict[str, Any] = {}


GREY = {"input_shape": [1, 1, SIZE, SIZE], "mean_values": [0], "scale_values": [1]}
ENDLESS = "a structure that never returns"
"""Takes all the time it may have, two minutes: the sandbox's own tests end one after a second in every run."""
CONVERSIONS = {
    ENDLESS: Failing("job_time_exceeded", "120", structure="never returns"),
    "an ONNX as .pth": Failing("weights_not_pytorch", "ONNX", weights="onnx"),
    "a text file as .pth": Failing("weights_not_pytorch", "text", weights="text"),
    "a truncated .pth": Failing("weights_cut_off", "torch.load", weights="cut off"),
    "a pickle with a call in it": Failing("weights_hold_code", "mkdir", weights="a call"),
    "a TorchScript archive": Failing("weights_are_program", "TorchScript", weights="torchscript"),
    "a whole pickled module": Failing("weights_are_module", "Sequential", weights="whole module"),
    "missing and unexpected keys": Failing("keys_mismatch", "tail.weight", structure="another layer"),
    "missing keys": Failing("keys_mismatch", "head.bias", weights="one layer less"),
    "a wrong state_dict key": Failing("state_dict_key_missing", "state_dict", weights="no state_dict"),
    "a wrong input shape": Failing("input_shape_wrong", f"1,1,{SIZE},{SIZE}", sub=GREY),
    "a structure that raises at import": Failing("structure_failed", "ZeroDivisionError", structure="import fails"),
    "a structure with a missing module": Failing(
        "structure_import_missing", "nothing_of_that_name", structure="module missing"
    ),
    "a structure that eats memory": Failing("job_memory_exceeded", str(3 << 30), structure="eats memory"),
    "a structure that forks and leaves": Failing("export_left_no_result", "onnx", structure="forks and leaves"),
    "an output that is not a number": Failing("output_not_finite", "pytorch", structure="not a number"),
    "a network that draws random numbers": Failing("output_not_repeatable", "torch.rand", structure="random"),
    "an output that depends on the batch": Failing(
        "output_depends_on_batch", "batch", structure="looks at its neighbours"
    ),
    "an error above the threshold": Failing("threshold_exceeded", "1e-12", template={"error_threshold": 1e-12}),
}
IMPORTS = {
    "a package that is no zip": Failing("package_malformed", "zip", weights="no zip"),
    "a package without images": Failing("no_images_left", "2", weights="no images"),
    "a package of broken images": Failing("no_images_left", "2", weights="broken images"),
    "a hostile package": Failing("no_images_left", "4", weights="hostile"),
}


def ended(mo: Client, job: Job) -> Job:
    job = mo.jobs.wait(job.id, JOB_SECONDS_MAX)
    assert job.state == "completed", job.message
    return job


@pytest.fixture(scope="module")
def ground(mo: Client, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("bad")
    case = make(folder)
    structure = add_structure(mo, folder, "good")
    template = mo.templates.add(case.template("bad good", str(structure)))
    pth = mo.models.upload(case.weights[0], name="bad good")
    dataset = mo.datasets.import_folder("bad good", case.images)
    tron = ended(mo, mo.convert(pth.id, template.id, name="bad good"))
    return Ground(case, folder, pth.id, structure, template.id, tron.subject_id, ended(mo, dataset).subject_id)


def add_structure(mo: Client, folder: Path, name: str) -> UUID:
    class_name, source = bad_input.named(name)
    (folder / "net.py").write_text(source)
    return mo.structures.add(folder / "net.py", class_name).id


@pytest.fixture(scope="module")
def asked(mo: Client, ground: Ground, pytestconfig: pytest.Config) -> dict[str, UUID]:
    """All the bad jobs, asked for at once: they run, two at a time, while the tests look at each."""
    weights = {}
    for name, data in bad_input.weights(ground.case.weights[0], ground.folder / "canary").items():
        (ground.folder / "w.pth").write_bytes(data)
        weights[name] = mo.models.upload(ground.folder / "w.pth", name=f"bad {name}").id
    wrong = [name for name in bad_input.STRUCTURES if name != "good"]
    structures = {"good": ground.structure, **{name: add_structure(mo, ground.folder, name) for name in wrong}}
    jobs = {}
    packages = bad_input.packages(ground.folder / "outside")
    for name, bad in IMPORTS.items():
        (ground.folder / "p.zip").write_bytes(packages[bad.weights])
        jobs[name] = mo.datasets.import_package(f"bad {name}", ground.folder / "p.zip").id
    slow = () if pytestconfig.getoption("--bars") else (ENDLESS,)
    for name, bad in ((each, CONVERSIONS[each]) for each in CONVERSIONS if each not in slow):
        document = ground.case.template(f"bad {name}", str(structures[bad.structure]), **bad.template)
        document["sub_templates"][0] |= bad.sub
        template = mo.templates.add(document)
        jobs[name] = mo.convert(weights[bad.weights], template.id, name=f"bad {name}").id
    return jobs


def command(mo: Client, lang: str, *argv: str) -> int:
    return run(argv, {**environ_of(mo), "MO_LANG": lang, "NO_COLOR": "1"})


def speaks(text: str, lang: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text) == (lang == "zh")


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=[pytest.mark.bars] if each == ENDLESS else ()) for each in (*IMPORTS, *CONVERSIONS)],
)
def test_a_bad_job_fails_and_says_why_and_what_to_do(
    mo: Client, asked: dict[str, UUID], name: str, capsys: pytest.CaptureFixture[str]
):
    bad = (IMPORTS | CONVERSIONS)[name]
    job = mo.jobs.wait(asked[name], JOB_SECONDS_MAX)
    assert (job.state, job.reason.code if job.reason else "") == ("failed", bad.code), job.message
    assert job.epoch == 1, "what cannot succeed is not tried again"
    for lang in LANGS:
        with Client(mo.api_url, lang, token=mo._core.token) as reader:
            message = reader.jobs.get(job.id).message
        assert bad.names in message
        assert speaks(message, lang)
        assert len(message.removesuffix("。").split("。") if lang == "zh" else message.split(". ")) >= 2, message
        assert command(mo, lang, "jobs", "watch", str(job.id), "-o", "json") == exits.FAILED
        captured = capsys.readouterr()
        assert message in captured.err
        assert json.loads(captured.out)["reason"]["code"] == bad.code


def test_nothing_was_executed_or_written_and_no_process_is_left(asked: dict[str, UUID], mo: Client, ground: Ground):
    for name in ("a pickle with a call in it", "a structure that forks and leaves", "a hostile package"):
        mo.jobs.wait(asked[name], JOB_SECONDS_MAX)
    assert not (ground.folder / "canary").exists()
    assert not (ground.folder / "outside").exists()
    running = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    assert [path for path in running if bad_input.LEFT_BEHIND in _command_line(path)] == []


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


class Refused(NamedTuple):
    """What is refused at once: by the command line with `argv`, by the client with `call`."""

    code: str
    names: str
    argv: Callable[[Ground], tuple[str, ...]]
    call: Callable[[Client, Ground], object]


def file(ground: Ground, name: str, content: str | bytes) -> Path:
    path = ground.folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def structure_refused(code: str, names: str, source: str, class_name: str) -> Refused:
    return Refused(
        code,
        names,
        lambda ground: ("structures", "add", str(file(ground, "r.py", source)), "--class", class_name),
        lambda mo, ground: mo.structures.add(file(ground, "r.py", source), class_name),
    )


def template_refused(code: str, names: str, **sub: object) -> Refused:
    def document(ground: Ground) -> dict[str, Any]:
        whole = ground.case.template("refused", str(ground.structure))
        whole["sub_templates"][0] |= sub
        return whole

    return Refused(
        code,
        names,
        lambda ground: ("templates", "add", str(file(ground, "t.json", json.dumps(document(ground))))),
        lambda mo, ground: mo.templates.add(document(ground)),
    )


NOBODY = "00000000-0000-4000-8000-00000000dead"
REFUSED = {
    "an empty file as .pth": Refused(
        "object_empty",
        "digest",
        lambda ground: ("models", "upload", str(file(ground, "empty.pth", b""))),
        lambda mo, ground: mo.models.upload(file(ground, "empty.pth", b"")),
    ),
    "a structure with a syntax error": structure_refused("structure_not_python", "2", "import torch\ndef x(:", "Net"),
    "a wrong class name": structure_refused(
        "structure_class_missing", "BigNet", bad_input.STRUCTURES["good"], "BigNet"
    ),
    "brackets in a vector": template_refused("brackets_not_allowed", "mean_values", mean_values="[1, 2, 3]"),
    "text for a number": template_refused("template_malformed", "scale_values", scale_values="1,2,three"),
    "a scale of zero": template_refused("scale_not_positive", "net", scale_values=[0, 0, 0]),
    "too few numbers": template_refused("channels_mismatch", "mean_values", mean_values="1,2"),
    "too few classes": template_refused("num_classes_mismatch", "7", num_classes=7),
    "an unknown structure": template_refused("structure_unknown", NOBODY, architecture=NOBODY),
    "a batch over the model's": Refused(
        "batch_size_over_max",
        "8",
        lambda ground: ("infer", str(ground.tron), str(ground.dataset), "--batch-size", "9"),
        lambda mo, ground: mo.infer(ground.tron, ground.dataset, batch_size=9),
    ),
    "a folder without images": Refused(
        "folder_without_files",
        "none",
        lambda ground: ("datasets", "import", "none", str(_empty(ground))),
        lambda mo, ground: mo.datasets.scan(_empty(ground)),
    ),
    "a file that is not there": Refused(
        "file_missing",
        "missing.pth",
        lambda ground: ("models", "upload", str(ground.folder / "missing.pth")),
        lambda mo, ground: mo.models.upload(ground.folder / "missing.pth"),
    ),
}


def _empty(ground: Ground) -> Path:
    folder = ground.folder / "none"
    (folder / "cat").mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_command_is_refused_and_says_why_and_what_to_do(
    mo: Client, ground: Ground, name: str, capsys: pytest.CaptureFixture[str]
):
    bad = REFUSED[name]
    with pytest.raises((ProblemError, BadInputError)) as refusal:
        bad.call(mo, ground)
    assert refusal.value.code == bad.code
    if isinstance(refusal.value, ProblemError):
        assert 400 <= refusal.value.problem.status < 500
        assert refusal.value.problem.detail
    for lang in LANGS:
        assert command(mo, lang, *bad.argv(ground)) == exits.USAGE
        captured = capsys.readouterr()
        assert captured.out == ""
        assert len(captured.err.strip().splitlines()) == 2, "what, and what to do"
        assert bad.names in captured.err
        assert speaks(captured.err, lang)


@contextmanager
def full_disk(settings: Settings) -> Iterator[None]:
    """The store's place for incoming bytes is a disk of its own, with no byte free."""
    incoming = settings.objects_folder / "incoming"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "tmpfs", str(incoming)], check=True)
    try:
        with (incoming / "fill").open("wb", buffering=0) as filling, suppress(OSError):
            while True:
                filling.write(bytes(4096))
        assert os.statvfs(incoming).f_bfree == 0
        yield
    finally:
        subprocess.run(["umount", str(incoming)], check=True)


only_root_mounts = pytest.mark.skipif(os.geteuid() != 0, reason="a disk that is full has to be mounted, by root")


@only_root_mounts
def test_a_full_disk_at_an_upload_is_said_and_keeps_nothing(
    mo: Client, ground: Ground, system_settings: Settings, capsys: pytest.CaptureFixture[str]
):
    path = file(ground, "big.pth", os.urandom(1 << 20))
    with full_disk(system_settings):
        with pytest.raises(ProblemError) as refusal:
            mo.models.upload(path)
        assert (refusal.value.problem.status, refusal.value.code) == (507, "store_full")
        for lang in LANGS:
            assert command(mo, lang, "models", "upload", str(path)) == exits.FAILED
            what, todo = capsys.readouterr().err.strip().splitlines()[-2:]
            assert speaks(what, lang)
            assert speaks(todo, lang)
    assert mo.models.upload(path).weights.size_bytes == 1 << 20


@only_root_mounts
def test_a_full_disk_at_the_result_is_tried_again_and_said(mo: Client, ground: Ground, system_settings: Settings):
    job = mo.datasets.import_folder("bad full", ground.case.images)
    with full_disk(system_settings):
        deadline = time.monotonic() + JOB_SECONDS_MAX
        while (seen := mo.jobs.get(job.id)).epoch < 2:
            assert seen.state in ("queued", "running"), seen.message
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert ended(mo, job).epoch >= 2


def test_the_next_good_job_runs(mo: Client, asked: dict[str, UUID], ground: Ground):
    for id_ in asked.values():
        assert mo.jobs.wait(id_, JOB_SECONDS_MAX).state == "failed"
    converted = ended(mo, mo.convert(ground.pth, ground.template, name="after all"))
    tested = ended(mo, mo.infer(converted.subject_id, ground.dataset, batch_size=8))
    assert (converted.epoch, tested.epoch) == (1, 1)
    assert mo.tests.get(tested.id).accuracy == pytest.approx(ground.case.top1[0], abs=1e-9)
