"""POST /dataset-scans, and what a confirmed scan is imported as."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import wish_of
from api.commands import flow
from api.commands.objects import keep, load, object_ref
from api.commands.templates import load_template, refuse_unusable, template_row, usable_entity
from api.commands.tested import refusal
from api.commands.words import one_of
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.present import KINDS
from api.wishes import ScanWish
from producers import datasets
from schemas.events import DatasetScanned, DatasetScanRequested
from schemas.events.datasets import DatasetType, PackageFormat
from schemas.specs.mapping import Pairs, TaskMapping, mapping_problems, wanted
from schemas.values import Code, ObjectRef, TemplateUse
from storage.datasets.survey import ScanReport
from storage.log.port import Position

REPORT_BYTES_MAX = 64 << 20


async def post_scan(request: web.Request) -> web.Response:
    """Ask what an import of a stored package would keep and drop: 201 Job, whose id is the scan's."""
    deps, wish = deps_of(request), await wish_of(request, ScanWish)
    command = flow.command_of(request, wish)

    async def say() -> Position:
        return await datasets.request_scan(deps.speaker, command, await _asked(deps, wish))

    return await flow.job_answer(request, command, await flow.request_job(deps, command, command.id, say))


async def _asked(deps: Deps, wish: ScanWish) -> datasets.Content:
    """What is to be scanned.

    Raises:
        ApiRefusal: a word that is not known, no such object or template, or a template that has no classes (422).
    """
    format_: PackageFormat = one_of(PackageFormat, wish.format, "format")
    type_: DatasetType | None = one_of(DatasetType, wish.type, "type") if wish.type else None
    package = await object_ref(
        deps.objects, wish.digest, wish.file_name, field="digest", size_max_bytes=deps.upload_bytes_max
    )
    if wish.template_id is None:
        return datasets.Content(package, format_, type_, wish.split)
    _, saved = await template_row(deps, wish.template_id)
    document = await load_template(deps, saved.document)
    refuse_unusable(document)
    left = wanted(document, wish.sub_template)
    if isinstance(left, Code):
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, left)
    template = TemplateUse(wish.template_id, saved.document, wish.sub_template)
    mapping = await _kept(deps, TaskMapping(left, wish.pairs))
    return datasets.Content(package, format_, None, wish.split, template, mapping)


async def confirmed(deps: Deps, scan_job_id: UUID, pairs: Pairs) -> datasets.Content:
    """What the scan looked into, with its mapping or, where given, another one.

    Raises:
        ApiRefusal: `scan_unknown`, what is wrong with the mapping, `scan_fits_nothing`, `mapping_without_template`
            (422), `scan_not_completed`, or the template was deleted (409).
    """
    row = await deps.views.job(scan_job_id)
    if row is None or row.kind != KINDS["scan"]:
        raise refusal("scan_unknown", id=scan_job_id)
    if row.result is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "scan_not_completed", id=scan_job_id, state=row.state)
    asked = msgspec.json.decode(row.request, type=DatasetScanRequested)
    report = await report_of(deps, msgspec.json.decode(row.result, type=DatasetScanned).report)
    if report.wanted is None:
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, report.problems[0])
    content = datasets.Content(asked.package, msgspec.convert(report.format, PackageFormat), report.type, asked.split)
    chosen = pairs or report.pairs
    if problems := mapping_problems(report.wanted, chosen, report.keys):
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, problems[0])
    if chosen == report.pairs and (report.survey is None or not report.survey.images):
        raise refusal("scan_fits_nothing", id=scan_job_id)
    if asked.template is None:
        if chosen != report.pairs:
            raise refusal("mapping_without_template")
        return content
    await usable_entity(deps, "template", asked.template.template_id)
    return content._replace(template=asked.template, mapping=await _kept(deps, TaskMapping(report.wanted, chosen)))


async def _kept(deps: Deps, mapping: TaskMapping) -> ObjectRef:
    return await keep(deps.objects, msgspec.json.encode(mapping), "mapping.json")


async def report_of(deps: Deps, ref: ObjectRef) -> ScanReport:
    """What a scan found.

    Raises:
        ApiRefusal: it is too large to be read (422).
        ObjectMissingError, ObjectDamagedError: as the store.
    """
    return msgspec.json.decode(await load(deps.objects, ref.digest, size_max_bytes=REPORT_BYTES_MAX), type=ScanReport)
