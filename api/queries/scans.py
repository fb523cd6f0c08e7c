"""GET /dataset-scans: what a scan found, in words too."""

from __future__ import annotations

import msgspec
from aiohttp import web

from api.answers import json_answer, lang_of, unknown
from api.commands.scans import report_of
from api.dataset_resources import DatasetScan
from api.deps import Deps, deps_of
from api.present import KINDS
from api.queries.jobs import job_row
from api.texts import render
from api.whole import jobs
from schemas.events import DatasetScanned, DatasetScanRequested
from schemas.values import Code
from storage.datasets.survey import ScanReport
from storage.views.rows import JobRow


async def get_scan(request: web.Request) -> web.Response:
    """What a scan found in its package."""
    row = await job_row(request, "scan")
    if row.kind != KINDS["scan"]:
        raise unknown("scan", row.id)
    return json_answer(await scan_resource(deps_of(request), row, lang_of(request)))


async def scan_resource(deps: Deps, row: JobRow, lang: str) -> DatasetScan:
    """A scan; its report is None until its job has completed."""
    asked = msgspec.json.decode(row.request, type=DatasetScanRequested)
    (job,) = await jobs(deps, [row], lang)
    report = None
    if row.result is not None:
        report = await report_of(deps, msgspec.json.decode(row.result, type=DatasetScanned).report)
    notices = notices_of(report) if report is not None else []
    return DatasetScan(
        id=row.id,
        job=job,
        package=asked.package,
        template_id=asked.template.template_id if asked.template is not None else None,
        sub_template=asked.template.sub_template if asked.template is not None else "",
        split=asked.split,
        report=report,
        notices=notices,
        messages=[render(each, lang) for each in notices],
    )


def notices_of(report: ScanReport) -> list[Code]:
    """What people must know before they confirm: why it cannot be imported, or that data and template do not match."""
    if report.survey is None:
        return list(report.problems)
    said = []
    outside = [each for each in report.mismatches if each.outside_values]
    dropped = report.survey.dropped - sum(report.unread.values())
    if outside or dropped:
        tasks = ", ".join(dict.fromkeys(each.task for each in outside or report.mismatches))
        params = {"images": str(report.survey.images), "dropped": str(dropped), "tasks": tasks[:200] or "-"}
        said.append(Code("data_not_matching", params))
    for each in report.mismatches:
        if each.unused_classes:
            named = ", ".join(each.unused[:5])[:200]
            said.append(
                Code("classes_without_data", {"task": each.task, "count": str(each.unused_classes), "names": named})
            )
    return said
