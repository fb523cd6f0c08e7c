"""`mo datasets scan|import|update`: what people see before anything is made, and who is asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api import resources
from api.cli.app import run
from api.dataset_resources import DatasetScan
from schemas.specs.mapping import Mismatch, PackageKey, Pair, Wanted
from schemas.specs.parts import TaskSpec
from schemas.values import Code, ObjectRef
from storage.datasets.survey import ScanReport, Survey

NOW = datetime(2026, 1, 2, tzinfo=UTC)
A, B = (UUID(f"{letter * 8}-0000-4000-8000-000000000000") for letter in "ab")
REPORT = ScanReport(
    format="labelx", records=10, unread={}, keys=(PackageKey("animal", "radio", {"cat": 5, "cow": 2}),),
    wanted=Wanted("classification", (TaskSpec("class", ("cat", "dog")),)), pairs=(Pair("class", "animal"),),
    mismatches=(Mismatch("class", "animal", {"cow": 2}, 1, 2),),
    survey=Survey(images=8, dropped=2, reasons={"value_outside_classes": 2}),
)  # fmt: skip


def job(kind: str) -> resources.Job:
    return resources.Job(
        id=A, kind=kind, state="completed", owner=B, resource="cpu-light", platform=None, epoch=1, agent="a",
        cancelling=False, subject_id=B, requested_at=NOW, updated_at=NOW,
    )  # fmt: skip


def found(report: ScanReport) -> DatasetScan:
    return DatasetScan(
        id=A, job=job("scan"), package=ObjectRef("sha256:" + "1" * 64, 1, "p.zip"), template_id=None, sub_template="",
        split="", report=report, notices=[], messages=["数据不匹配"],
    )  # fmt: skip


class Fake:
    """The client's datasets, as far as these commands ask."""

    def __init__(self, report: ScanReport) -> None:
        self.asked: dict[str, Any] = {}
        self.report = report
        thing = {"owner": B, "note": "", "created_at": NOW, "updated_at": NOW, "etag": '"1"'}
        self.dataset = resources.Dataset(
            id=B, name="animals", type="classification", state="ready", versions=[], **thing
        )

    def scan(self, package: Path, **how: Any) -> Any:
        self.asked["scan"] = {"package": package, **how}
        return job("scan")

    def import_scanned(self, name: str, id_: UUID, **how: Any) -> Any:
        self.asked["import"] = {"name": name, "id": id_, **how}
        return job("import")

    def update(self, dataset: Any, id_: UUID, **how: Any) -> Any:
        self.asked["update"] = {"dataset": dataset.id, "id": id_, **how}
        return job("import")

    def mo(self, *argv: str) -> int:
        datasets = SimpleNamespace(
            scan=self.scan, scanned=lambda _: found(self.report), import_scanned=self.import_scanned,
            update=self.update, find=lambda _: self.dataset, get=lambda _: self.dataset,
        )  # fmt: skip
        fake = SimpleNamespace(
            datasets=datasets,
            templates=SimpleNamespace(find=lambda _: SimpleNamespace(id=B)),
            jobs=SimpleNamespace(wait=lambda *_: job("scan")),
            close=lambda: None,
        )
        environ = {"MO_API_URL": "http://api", "MO_LANG": "en", "NO_COLOR": "1"}
        return run(("datasets", *argv), environ, client_factory=lambda _url, _lang: fake)  # type: ignore[arg-type, return-value]


def test_a_scan_shows_both_sides_what_is_outside_and_what_would_be_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    fake = Fake(REPORT)
    assert fake.mo("scan", "p.zip", "--template", "t", "--sub", "main", "--map", "class=animal") == 0
    asked = fake.asked["scan"]
    assert (asked["template"], asked["sub_template"], asked["pairs"]) == (B, "main", {"class": "animal"})
    out = capsys.readouterr().out
    for text in ("animal", "radio", "cat ×5", "cat, dog", "cow ×2", "value outside the classes: 2", "数据不匹配"):
        assert text in out
    assert "import" not in fake.asked


def test_a_scan_that_cannot_be_imported_fails() -> None:
    report = msgspec.structs.replace(REPORT, problems=(Code("mapping_task_unmapped", {"task": "class"}),), survey=None)
    fake = Fake(report)
    assert fake.mo("scan", "p.zip") == 1
    assert fake.mo("import", "animals", "p.zip", "--yes") == 1
    assert "import" not in fake.asked


def test_nobody_there_means_nothing_is_dropped_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    fake = Fake(REPORT)
    assert fake.mo("import", "animals", "p.zip") == 2
    said = capsys.readouterr().err
    assert "8 images fit, 2 would be dropped" in said
    assert "--yes" in said
    assert "import" not in fake.asked
    assert fake.mo("import", "animals", "p.zip", "--yes", "--note", "n") == 0
    assert fake.asked["import"] == {"name": "animals", "id": A, "note": "n"}


def test_a_package_that_fits_is_imported_without_a_question() -> None:
    fits = Survey(images=10, dropped=1, reasons={"file_not_used": 1})
    fake = Fake(msgspec.structs.replace(REPORT, survey=fits))
    assert fake.mo("import", "animals", "p.zip") == 0
    assert fake.asked["import"]["name"] == "animals"


def test_a_corrected_package_is_scanned_for_the_dataset_s_type() -> None:
    fake = Fake(REPORT)
    assert fake.mo("update", "animals", "p.zip", "--yes") == 0
    assert fake.asked["scan"]["type_"] == "classification"
    assert fake.asked["update"] == {"dataset": B, "id": A}
