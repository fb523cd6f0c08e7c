"""The handler of DatasetScanRequested: lets a child read an uploaded package, and keeps what it found."""

from __future__ import annotations

from typing import cast

from agents.import_plan import REPORT_FILE
from agents.importing import ask_child
from agents.sandbox.exchange import decoded, read_small
from agents.work import JobProblem, Work
from schemas.events import DatasetScanned, DatasetScanRequested, JobRequest
from schemas.events.datasets import PackageFormat
from storage.datasets.survey import ScanReport

REPORT_BYTES_MAX = 64 << 20


async def handle(request: JobRequest, work: Work) -> DatasetScanned:
    """Look into one package.

    Raises:
        JobProblem: the codes of `storage.datasets.package.Package`, `scan_left_no_result`, and those of `ask_child`.
        TypeError: the request is no DatasetScanRequested.
    """
    if not isinstance(request, DatasetScanRequested):
        raise TypeError(f"{type(request).__name__} is no scan: route it to its own handler")
    made = await ask_child("agents.scan_package", request, work, {REPORT_FILE: REPORT_BYTES_MAX})
    found = decoded(read_small(made / REPORT_FILE, bytes_max=REPORT_BYTES_MAX), ScanReport)
    if found is None:
        raise JobProblem("scan_left_no_result")
    kept = await work.keep(made / REPORT_FILE, "scan.json")
    survey = found.survey
    work.progress("done", 1.0)
    return DatasetScanned(
        job_id=request.job_id,
        epoch=work.epoch,
        instance=work.instance,
        format=cast(PackageFormat, found.format),
        type=found.type,
        images=survey.images if survey is not None else 0,
        dropped=survey.dropped if survey is not None else 0,
        reasons=survey.reasons if survey is not None else {},
        problem=next(iter(found.problems), None),
        report=kept,
    )
