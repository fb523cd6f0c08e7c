"""`mo datasets preview|dropped|histogram|download`: what people see, and which version is meant."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from api import resources
from api.cli.app import run
from api.dataset_resources import DatasetFigures, DatasetRecord, LeftOut
from schemas.values import ObjectRef
from storage.datasets.figures import Histograms
from storage.datasets.pack import Box, PackInfo, PackTask

NOW = datetime(2026, 1, 2, tzinfo=UTC)
A, B, C = (UUID(f"{letter * 8}-0000-4000-8000-000000000000") for letter in "abc")
PACK = ObjectRef("sha256:" + "1" * 64, 5_000_000, "dataset.zip")
RECORD = DatasetRecord(
    number=3, name="shots/3.png", width=64, height=48, sha256="sha256:", labels={"weather": "rain"},
    boxes=[Box(label="car", x=1, y=1, width=2, height=2)] * 2, attributes={"time": "night"},
)  # fmt: skip
INFO = PackInfo(
    type="detection", tasks=(PackTask("class", ("car",)),), images=2, dropped=1, reasons={"image_broken": 1},
    dimensions={"time": {"night": 2}}, histograms=Histograms(classes={"class": {"car": 4}}, sizes={"64x48": 2}),
)  # fmt: skip


def mo(asked: dict[str, Any], *argv: str) -> int:
    def answering(name: str, answer: Any) -> Any:
        def operation(*args: Any, **options: Any) -> Any:
            asked[name] = (args[1:], options)
            return answer

        return operation

    version = {"pack": PACK, "images": 2, "classes": 1, "dropped": 1, "reasons": {}, "created_at": NOW}
    dataset = resources.Dataset(
        id=A, name="cars", owner=A, note="", created_at=NOW, updated_at=NOW, etag='"1"', type="detection",
        state="ready", versions=[resources.DatasetVersion(job_id=id_, **version) for id_ in (B, C)],
    )  # fmt: skip
    left_out = LeftOut(name="a.png", code="image_broken", params={}, message="It cannot be decoded.")
    datasets = SimpleNamespace(
        find=lambda _: dataset,
        records=answering("records", resources.Page(items=[RECORD], next="4")),
        record=answering("record", RECORD),
        picture=answering("picture", b"<svg/>"),
        dropped=answering("dropped", resources.Page(items=[left_out])),
        figures=answering("figures", DatasetFigures(job_id=B, pack=PACK, figures=INFO)),
        download=answering("download", PACK),
    )
    fake = SimpleNamespace(datasets=datasets, close=lambda: None)
    environ = {"MO_API_URL": "http://api", "MO_LANG": "en", "NO_COLOR": "1"}
    return run(("datasets", *argv), environ, client_factory=lambda _url, _lang: fake)  # type: ignore[arg-type, return-value]


def test_images_are_listed_with_what_is_said_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, Any] = {}
    assert mo(asked, "preview", "cars", "--class", "car", "--attribute", "time=night", "--version", "bbb") == 0
    options = asked["records"][1]
    assert (options["class_"], options["attribute"], options["version"]) == ("car", "time=night", B)
    out = capsys.readouterr().out
    for text in ("shots/3.png", "64x48", "weather=rain", "car ×2", "time=night"):
        assert text in out


@pytest.mark.parametrize(("name", "form"), [("3.svg", "rendered"), ("3.json", "json"), ("3.jpg", "image")])
def test_one_image_is_written_as_its_file_s_name_says(tmp_path: Path, name: str, form: str) -> None:
    asked: dict[str, Any] = {}
    assert mo(asked, "preview", "cars", "--number", "3", "--to", str(tmp_path / name)) == 0
    assert asked["picture"][0] == (3, form)
    assert (tmp_path / name).read_bytes() == b"<svg/>"


def test_a_version_is_one_of_those_that_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert mo({}, "histogram", "cars", "--version", "d") == 2
    assert "bbbbbbbb, cccccccc" in capsys.readouterr().err
    assert mo({}, "preview", "cars", "--to", "x.svg") == 2


def test_numbers_and_the_ledger(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked: dict[str, Any] = {}
    assert mo(asked, "histogram", "cars") == 0
    out = capsys.readouterr().out
    for text in ("Classes of class", "100.0%", "64x48", "Attribute time", "image cannot be decoded"):
        assert text in out
    assert mo(asked, "dropped", "cars", "--code", "image_broken") == 0
    assert asked["dropped"][1]["code"] == "image_broken"
    assert "It cannot be decoded." in capsys.readouterr().out
    assert mo(asked, "download", "cars", str(tmp_path / "p.zip")) == 0
    assert "5.0 MB" in capsys.readouterr().err
