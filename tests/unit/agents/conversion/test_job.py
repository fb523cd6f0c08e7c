"""The conversion's handler before its children run: what it makes of a template that is older than today's checks."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents.conversion.job import handle
from agents.work import JobProblem, Limits
from schemas.events import ConversionRequested

GOLDEN = Path(__file__).parents[3] / "golden"
OLDER = (GOLDEN / "templates" / "older.json").read_bytes()


class TemplateOnly:
    """An attempt that is given the template and nothing else."""

    limits = Limits(job_seconds_max=60, memory_bytes_max=1 << 30)

    def __init__(self, folder: Path, template: bytes) -> None:
        self.folder, self._template = folder, template

    async def fetch(self, _ref: object, name: str) -> Path:
        (self.folder / name).write_bytes(self._template)
        return self.folder / name

    def progress(self, _stage: str, _fraction: float) -> None:
        pass


@pytest.mark.parametrize(
    ("template", "code"),
    [
        # it is as far as it gets here: its structure is not among those of the request
        (OLDER, "structure_not_given"),
        (OLDER.replace(b'"classification"', b'"uninstalled"'), "method_unknown"),
        (OLDER.replace(b"[1,3,24,32]", b"[1,3,65536,65536]"), "inputs_too_large"),
        (b"{}", "template_malformed"),
    ],
)
def test_an_older_template_fails_only_where_nothing_can_be_made_of_it(tmp_path: Path, template: bytes, code: str):
    body = json.loads((GOLDEN / "ConversionRequested.v1.json").read_text())["body"]
    work: Any = TemplateOnly(tmp_path, template)
    with pytest.raises(JobProblem) as problem:
        asyncio.run(handle(msgspec.convert(body, ConversionRequested), work))
    assert problem.value.reason.code == code
