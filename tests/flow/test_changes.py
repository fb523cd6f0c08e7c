"""Edits and deletions from the command line, through the whole system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest
from people import environ_of

from api.cli.app import run
from api.client import ProblemError
from api.client.client import Client

pytestmark = pytest.mark.real

SOURCE = """import torch


class {name}(torch.nn.Module):
    pass
"""


class Mo:
    """The command `mo`, with names of its own."""

    def __init__(self, client: Client, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self._environ = {**environ_of(client), "MO_LANG": "en", "MO_OUTPUT": "json"}
        self.folder = folder
        self.mark = f"C{uuid4().hex[:8]}"

    def __call__(self, *argv: str, code: int = 0) -> Any:
        assert run(argv, self._environ) == code, self._capsys.readouterr().err
        self.out, self.err = self._capsys.readouterr()
        return json.loads(self.out) if self.out else None

    def pth(self) -> str:
        path = self.folder / f"{self.mark}.pth"
        path.write_bytes(self.mark.encode())
        return self("models", "upload", str(path))["id"]

    def structure(self) -> str:
        path = self.folder / "net.py"
        path.write_text(SOURCE.format(name=self.mark))
        return self("structures", "add", str(path), "--class", self.mark)["id"]

    def document(self, **changes: Any) -> str:
        sub = {
            "name": "main", "input_name": "input", "input_shape": "1,3,8,8", "mean_values": [0, 0, 0],
            "scale_values": [1, 1, 1], "max_batch": 2, "architecture": self.mark, "num_classes": 2,
            "tasks": [{"name": "class", "classes": ["cat", "dog"]}],
        }  # fmt: skip
        document = {
            "name": self.mark, "repo": "scene", "version": "1.0.0", "method": "classification",
            "error_threshold": "1e-4", "sub_templates": [sub],
        }  # fmt: skip
        path = self.folder / "template.json"
        path.write_text(json.dumps(document | changes))
        return str(path)


@pytest.fixture
def cli(mo: Client, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Mo:
    return Mo(mo, capsys, tmp_path)


def test_a_model_is_renamed_noted_and_deleted(cli: Mo, mo: Client):
    id_ = cli.pth()
    changed = cli("models", "edit", cli.mark, "--name", f"{cli.mark}-2", "--note", "night")
    assert (changed["name"], changed["note"], changed["etag"]) == (f"{cli.mark}-2", "night", '"2"')
    before = mo.models.find_pth(id_)
    cli("models", "edit", id_, "--note", "day")
    with pytest.raises(ProblemError) as stale:
        mo.models.edit_pth(before, note="lost")
    assert stale.value.code == "revision_stale"
    cli("models", "rm", id_, code=2)
    assert "--yes" in cli.err
    assert cli("models", "rm", id_, "--yes")["deleted_at"]
    assert cli("models", "list", "--kind", "pth", "--search", cli.mark)["items"] == []
    assert [
        each["id"] for each in cli("models", "list", "--kind", "pth", "--search", cli.mark, "--deleted")["items"]
    ] == [id_]
    cli("models", "edit", id_, "--note", "too late", code=1)
    assert "was deleted" in cli.err


def test_what_depends_is_named_lives_on_and_cannot_be_used_for_new_things(cli: Mo, mo: Client):
    pth, structure = cli.pth(), cli.structure()
    template = cli("templates", "add", cli.document())["id"]
    job = cli("convert", pth, template, "--name", cli.mark, "--no-wait")
    cli("structures", "edit", structure, "--note", "used")
    cli("structures", "rm", structure, "--yes")
    assert "1 template" in cli.err
    cli("templates", "edit", template, cli.document(repo="face"), "--note", "n", code=3)
    assert cli("templates", "edit", template, "--note", "n")["etag"] == '"2"'
    cli("jobs", "watch", job["id"], code=1)
    cli("templates", "rm", template, "--yes")
    assert "1 model" in cli.err
    shown = cli("models", "show", job["subject_id"])
    assert (shown["parents_deleted"], shown["state"]) == ([template], "failed")
    cli("convert", pth, template, "--no-wait", code=1)
    assert "was deleted" in cli.err
    # both names are free again
    assert cli.structure() != structure
    assert cli("templates", "add", cli.document())["id"] != template
    cli("models", "edit", job["subject_id"], "--name", "x", code=2)
    assert cli("models", "edit", job["subject_id"], "--note", "kept")["note"] == "kept"
    assert cli("models", "rm", job["subject_id"], "--yes")["deleted_at"]
    again = cli("convert", pth, cli.mark, "--name", cli.mark, "--no-wait")
    assert cli("models", "show", again["subject_id"])["version"] == "1.0.2"
    mo.jobs.wait(again["id"])


def test_a_dataset_is_noted_and_deleted_and_its_name_free_again(cli: Mo):
    folder = cli.folder / "images" / "cat"
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8)
    (folder / "one.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    job = cli("datasets", "import", cli.mark, str(folder.parent), "--no-wait")
    changed = cli("datasets", "edit", cli.mark, "--note", "two")
    assert (changed["note"], changed["etag"]) == ("two", '"2"')
    cli("datasets", "rm", cli.mark, "--yes")
    cli("datasets", "show", cli.mark, code=3)
    assert cli("datasets", "show", job["subject_id"])["deleted_at"]
    assert cli("datasets", "import", cli.mark, str(folder.parent), "--no-wait")["subject_id"] != job["subject_id"]
