"""`mo tron` and `mo models upload-tron`: what people see, in both languages, and exit codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from small_tron import manifest, sub_model, write_small

from api.cli.app import run
from api.present_trons import in_words, tron_resource
from schemas.events import TronUploaded
from schemas.values import ObjectRef, TronIdentity
from storage.views.rows import At, EntityRow

ENVIRON = {"MO_API_URL": "http://api", "MO_LANG": "en", "NO_COLOR": "1", "COLUMNS": "300"}
A = UUID(int=1)


def mo(client: Any, *argv: str, **environ: str) -> int:
    return run(argv, ENVIRON | environ, client_factory=lambda _url, _lang: client)


@pytest.fixture
def tron(tmp_path: Path) -> Path:
    return write_small(tmp_path / "m.tron")


def test_a_file_is_described_without_any_api(tron: Path, capsys: pytest.CaptureFixture[str]):
    assert mo(None, "tron", "describe", str(tron)) == 0
    out = capsys.readouterr().out
    for part in ("n@v2", "主干", "graphs/model.onnx", "raw · NCHW 3x8x8", "class: cat, dog", "resize 8x8 > cvtRGB"):
        assert part in out
    assert mo(None, "tron", "describe", str(tron), "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["sub_models"][0]["name"] == "主干"


def test_a_model_is_described_by_the_api(capsys: pytest.CaptureFixture[str]):
    models = SimpleNamespace(
        find_tron=lambda text: text, manifest=lambda found: manifest() if found == "n@v2" else None
    )
    client = SimpleNamespace(models=models, close=lambda: None)
    assert mo(client, "tron", "describe", "n@v2", MO_LANG="zh") == 0
    assert "Tron 文件 n@v2" in capsys.readouterr().out


def test_a_good_file_is_verified_and_a_bad_one_ends_with_1(tron: Path, capsys: pytest.CaptureFixture[str]):
    assert mo(None, "tron", "verify", str(tron)) == 0
    assert "m.tron is whole" in capsys.readouterr().out
    tron.write_bytes(tron.read_bytes() + b"x")
    assert mo(None, "tron", "verify", str(tron)) == 1
    assert "follows its end" in capsys.readouterr().out
    assert mo(None, "tron", "verify", str(tron), MO_LANG="zh", MO_OUTPUT="json") == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_unpacking_never_replaces(tron: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert mo(None, "tron", "unpack", str(tron), str(tmp_path / "out")) == 0
    assert "model.onnx" in capsys.readouterr().out
    assert mo(None, "tron", "unpack", str(tron), str(tmp_path / "out")) == 2
    err = capsys.readouterr().err
    assert "is there already" in err
    assert "another folder" in err


def uploaded(identity: TronIdentity, kind: str) -> Any:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    said = TronUploaded(
        model_id=A,
        identity=identity,
        tron=ObjectRef("sha256:" + "0" * 64, 9, "net.om"),
        detected=kind,  # type: ignore[arg-type]
    )
    row = EntityRow(
        at=At(0, 0), id=A, kind="tron", owner=A, name=identity.name, created_at=now, updated_at=now,
        document=msgspec.json.encode(said), platform=identity.platform, repo=identity.repo, method=identity.method,
        version=identity.version, note="", revision=1, deleted_at=None, parents=[],
    )  # fmt: skip
    return in_words(tron_resource(row, [], None, ()), "en")


def test_a_direct_upload_shows_its_name_before_and_what_it_is_after(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "net.bin"
    path.write_bytes(b"IMOD" + bytes(300))
    seen: list[TronIdentity] = []

    def upload_tron(_: Path, identity: TronIdentity, **__: Any) -> Any:
        seen.append(identity)
        return uploaded(identity, "ascend_om")

    proposed = SimpleNamespace(list=lambda name: SimpleNamespace(default={"repo": "r", "method": "m"}[name]))
    client = SimpleNamespace(models=SimpleNamespace(upload_tron=upload_tron), dictionary=proposed, close=lambda: None)
    argv = ("models", "upload-tron", str(path), "--platform", "ascend", "--method", "classification")
    assert mo(client, *argv, "--model-version", "v1") == 0
    told = capsys.readouterr()
    assert seen == [TronIdentity("ascend", "r", "net", "classification", "v1")]
    assert "will be called r_net_classification_v1.om" in told.err
    for part in ("r_net_classification_v1.om", "an Ascend model (.om)", "uploaded", "cannot run on the emulation"):
        assert part in told.out
    assert mo(client, *argv) == 2


def test_what_others_wrote_orders_the_terminal_to_do_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Names in a file are anybody's: cells, titles, and what is said beside the data."""
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\r\n"
    sub, entries = sub_model(name=evil)
    whole = msgspec.structs.replace(manifest(sub), identity=TronIdentity("nvidia", "r", evil, "m", "v1"))
    path = write_small(tmp_path / "m.tron", whole, entries)
    assert mo(None, "tron", "describe", str(path)) == 0
    assert mo(None, "tron", "verify", str(tmp_path / "\x1b[31m")) == 2
    told = capsys.readouterr()
    assert not [char for char in told.out + told.err if char != "\n" and not char.isprintable()]
    assert r"\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp" in told.out
