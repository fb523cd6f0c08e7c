"""How plain PyTorch and the Tron compare on the same images: the report that a parity job leaves."""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.events.tests import BackendUsed, Measure, ParityFigure, ParityOutput
from schemas.reports import Part

FORMAT_VERSION = 1
DIFFERENT_MAX = 1000


class Different(Part, frozen=True, kw_only=True):
    """An image that the two answer differently; what each says, in one line."""

    name: str
    pytorch: str
    tron: str


class ParityReport(Part, frozen=True, kw_only=True):
    """Both sides on the same pixels.

    `outputs`: every output of every sub-model. `figures`: the test's figures from both, by the same arithmetic (none
    where a scored network looks at a part of the image: that needs the boxes of another). `different`: the first
    `DIFFERENT_MAX` images with another answer, of `different_count`. `skipped`: images that were left out, by code.
    """

    images: int
    scored: int
    skipped: dict[str, int]
    outputs: tuple[ParityOutput, ...]
    figures: tuple[ParityFigure, ...]
    measure: Measure | None
    different_count: int
    different: tuple[Different, ...]
    tron: BackendUsed
    format: Literal["mo.parity-report"] = "mo.parity-report"
    format_version: int = FORMAT_VERSION


class ParityReportError(ValueError):
    """These bytes are no parity report that this version understands: run it again, or upgrade Mo."""


def decode(data: bytes) -> ParityReport:
    """The report in these bytes.

    Raises:
        ParityReportError: malformed, or of a newer format.
    """
    try:
        report = msgspec.json.decode(data, type=ParityReport)
    except msgspec.MsgspecError as error:
        raise ParityReportError(f"malformed: {error}") from error
    if report.format_version > FORMAT_VERSION:
        raise ParityReportError(f"the report has format {report.format_version}: upgrade Mo")
    return report
