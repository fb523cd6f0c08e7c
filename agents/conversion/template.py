"""Reads the template that a job was given."""

from __future__ import annotations

from pathlib import Path

from agents.sandbox.exchange import read_small
from agents.work import JobProblem
from schemas.specs.templates import TemplateDocument, TemplateRefusedError, decode_template

TEMPLATE_BYTES_MAX = 64 << 20


def template_of(path: Path) -> TemplateDocument:
    """The document in the file.

    Raises:
        JobProblem: the first of what keeps it from being read.
    """
    try:
        return decode_template(read_small(path, bytes_max=TEMPLATE_BYTES_MAX) or b"")
    except TemplateRefusedError as error:
        raise JobProblem.of(error.problems[0]) from error
