"""Datasets on the whole system, as people make them: scanned, confirmed, corrected, from a catalogue, shown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from cases import CASES
from packages import jsonl
from people import environ_of
from small_case import CLASSES, SmallCase, make

from api.cli.app import run
from api.client.client import Client

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
Running = Callable[..., AbstractContextManager[Client]]
COCO_CASE = CASES / "det_coco_fastestdet"


class Ground:
    """A running system with a catalogue, and the command line on it."""

    def __init__(self, mo: Client, folder: Path, case: SmallCase) -> None:
        self.mo, self.folder, self.case = mo, folder, case

    def __call__(self, *argv: object) -> int:
        environ = {**environ_of(self.mo), "MO_LANG": "zh", "NO_COLOR": "1"}
        return run(["datasets", *map(str, argv)], environ)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, system_told: Running) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("datasets")
    case = make(tmp_path_factory.mktemp("case"))
    (folder / "ocean").mkdir()
    with system_told(JOB_SECONDS_MAX=120, DATAOCEAN=folder / "ocean") as mo:
        structure = mo.structures.add(case.structure, "SmallNet")
        mo.templates.add(case.template("animals", str(structure.id)))
        yield Ground(mo, folder, case)


def labelx(folder: Path, kinds: list[str]) -> Path:
    """A LabelX package with an answer for `animal` (these) and one for `time`, and a box that is no task's."""
    folder.mkdir()
    lines: list[Any] = []
    for number, kind in enumerate(kinds):
        pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3), np.uint8)
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        answers = [
            {"key": "animal", "tool": "radio", "value": kind},
            {"key": "time", "tool": "radio", "value": "night" if number % 2 else "day"},
        ]
        lines.append({"image": f"{number}.png", "classifications": answers})
    (folder / "annotations.jsonl").write_bytes(jsonl(*lines))
    return folder


def test_data_that_does_not_match_is_shown_asked_for_and_written_down(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    package = labelx(ground.folder / "first", [*CLASSES, "cow", "cow"])
    assert ground("scan", package, "--template", "animals", "--map", "class=animal") == 0
    out = capsys.readouterr().out
    for text in (
        "animal",
        "radio",
        "cow ×2",
        "数据不匹配，系统将以模版信息对数据进行处理",
        "可导入 6 张图片，丢弃 2 张",
    ):
        assert text in out, out
    assert ground.mo.datasets.list(search="animals").items == [], "cancelling leaves nothing"
    assert ground("import", "animals", package, "--template", "animals", "--map", "class=animal") == 2
    assert ground.mo.datasets.list(search="animals").items == [], "nobody was there to be asked"
    assert ground("import", "animals", package, "--template", "animals", "--map", "class=animal", "--yes") == 0
    capsys.readouterr()
    dataset = ground.mo.datasets.find("animals")
    (version,) = dataset.versions
    assert (version.images, version.dropped, version.reasons) == (6, 2, {"value_outside_classes": 2})
    assert ground("dropped", "animals") == 0
    assert "cow" in capsys.readouterr().out
    figures = ground.mo.datasets.figures(dataset).figures
    assert figures.tasks[0].classes == CLASSES
    assert figures.dimensions == {"time": {"day": 3, "night": 3}}, "what is not mapped stays for slices"


def test_a_corrected_package_is_another_version_and_the_first_one_stays(ground: Ground) -> None:
    package = labelx(ground.folder / "second", [*CLASSES, *CLASSES[:2]])
    assert ground("update", "animals", package, "--template", "animals", "--map", "class=animal") == 0
    dataset = ground.mo.datasets.find("animals")
    assert [version.images for version in dataset.versions] == [8, 6]
    assert len({version.pack.digest for version in dataset.versions}) == 2
    first = dataset.versions[1].job_id
    assert ground.mo.datasets.figures(dataset, version=first).figures.images == 6
    assert ground("download", "animals", ground.folder / "animals.zip") == 0
    assert ground("scan", ground.folder / "animals.zip") == 0, "what is downloaded is a package again"


def test_the_catalogue_s_items_are_packages(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ground.case.images, ground.folder / "ocean" / "small images")
    (ground.folder / "ocean" / "elsewhere").symlink_to("/etc")
    assert ground("catalogue") == 0
    out = capsys.readouterr().out
    assert "small images" in out
    assert "elsewhere" not in out
    assert ground("import", "from the ocean", "--catalogue", "small images") == 0
    assert ground.mo.datasets.find("from the ocean").versions[0].images == 60


@pytest.mark.skipif(not COCO_CASE.exists(), reason="the folder of real cases is not here (MO_CASES)")
def test_coco_is_found_out_imported_and_shown(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    package = ground.folder / "coco"
    package.mkdir()
    shutil.copy(COCO_CASE / "annotations.json", package)
    shutil.copytree(COCO_CASE / "images", package / "images")
    assert ground("import", "coco", package, "--yes") == 0
    dataset = ground.mo.datasets.find("coco")
    told = json.loads((COCO_CASE / "annotations.json").read_text())
    assert (dataset.type, dataset.versions[0].images) == ("detection", len(told["images"]))
    figures = ground.mo.datasets.figures(dataset).figures
    boxes = sum(figures.histograms.classes[figures.tasks[0].name].values())
    assert boxes == sum(box["bbox"][2] > 0 and box["bbox"][3] > 0 for box in told["annotations"])
    capsys.readouterr()
    assert ground("preview", "coco", "--class", "person", "--limit", "2", "-o", "json") == 0
    page = json.loads(capsys.readouterr().out)
    number = page["items"][0]["number"]
    assert ground("preview", "coco", "--number", number, "--to", ground.folder / "one.svg") == 0
    svg = ElementTree.parse(ground.folder / "one.svg").getroot()
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}rect"))) == len(page["items"][0]["boxes"])
    original = ground.mo.datasets.picture(dataset, number)
    assert original == (COCO_CASE / "images" / Path(page["items"][0]["name"]).name).read_bytes()
