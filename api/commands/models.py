"""POST /pth and /conversions; PATCH and DELETE of models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from api import whole
from api.answers import wish_of
from api.commands import flow
from api.commands.objects import keep, object_ref
from api.commands.overrides import with_overrides
from api.commands.templates import (
    checked,
    load_template,
    refuse_unusable,
    structure_rows,
    template_refusal,
    template_row,
    usable_entity,
)
from api.commands.tested import dataset_version
from api.deps import Deps, deps_of
from api.wishes import ConversionWish, Edit, NoteEdit, PthWish
from producers import models
from producers.say import Command
from schemas.events import StructureAdded, TronVersionReserved, Upload
from schemas.specs.differences import overridden
from schemas.specs.templates import TemplateDocument, TemplateRefusedError, encode_template
from schemas.values import DatasetRef, ObjectRef, StructureRef, TronIdentity
from storage.log.port import Position
from storage.views.rows import EntityRow

NAME_CHARS_MAX = 200
DAY = "-%Y%m%d"


class Plan(NamedTuple):
    """A conversion whose parts were all found: `document` has the overrides in it."""

    pth: EntityRow
    weights: ObjectRef
    document: TemplateDocument
    structures: tuple[StructureRef, ...]
    overridden: tuple[str, ...]
    real_inputs: DatasetRef | None


async def post_pth(request: web.Request) -> web.Response:
    """Make stored weights known as a model: 201 Pth."""
    deps, wish = deps_of(request), await wish_of(request, PthWish)
    command = flow.command_of(request, wish)

    async def say() -> Position:
        label = wish.file_name or wish.name
        weights = await object_ref(
            deps.objects, wish.digest, label, field="digest", size_max_bytes=deps.upload_bytes_max
        )
        return await models.upload(
            deps.speaker, command, name=wish.name, weights=weights, training_id=wish.training_id, note=wish.note
        )

    return await flow.made(request, command, say, whole.pth)


async def patch_pth(request: web.Request) -> web.Response:
    """Another name or note for a PTH model: 200 Pth."""
    wish = flow.something(await wish_of(request, Edit))
    return await _edit(request, "pth", wish, whole.pth)


async def patch_tron(request: web.Request) -> web.Response:
    """Another note for a Tron model: 200 Tron."""
    wish = await wish_of(request, NoteEdit)
    return await _edit(request, "tron", wish, whole.tron)


async def delete_pth(request: web.Request) -> web.Response:
    """Take a PTH model out of use: 200 Pth. What was made of it stays."""
    return await _delete(request, "pth", whole.pth)


async def delete_tron(request: web.Request) -> web.Response:
    """Take a Tron model out of use: 200 Tron. Its tests stay, its version is never given again."""
    return await _delete(request, "tron", whole.tron)


async def _edit(request: web.Request, kind: str, wish: Edit | NoteEdit, show: whole.Show) -> web.Response:
    async def say(command: Command, row: EntityRow, expected: int) -> Position:
        name = wish.name if isinstance(wish, Edit) else None
        return await models.edit(
            deps_of(request).speaker, command, model_id=row.id, expected_revision=expected, name=name, note=wish.note
        )

    return await flow.change(request, kind, wish, say, show)


async def _delete(request: web.Request, kind: str, show: whole.Show) -> web.Response:
    async def say(command: Command, row: EntityRow, expected: int) -> Position:
        return await models.delete(deps_of(request).speaker, command, model_id=row.id, expected_revision=expected)

    return await flow.change(request, kind, None, say, show)


async def post_conversion(request: web.Request) -> web.Response:
    """Reserve a Tron version, then ask for the conversion into it: 201 Job."""
    deps, wish = deps_of(request), await wish_of(request, ConversionWish)
    command = flow.command_of(request, wish)
    job_id = models.conversion_job_id(command.id)
    if (row := await flow.earlier_job(deps, command, job_id)) is not None:
        return await flow.job_answer(request, command, flow.Settled(row, {}))
    await flow.earlier(deps, command)
    plan = await _plan(deps, wish)
    reserved = await flow.decide(deps, command, lambda: _reserve(deps, wish, command, plan))
    entity = await deps.views.entity(command.id)
    if reserved.row is None or entity is None:
        return flow.pending(command, reserved.headers)
    settled = await flow.request_job(deps, command, job_id, lambda: _request(deps, wish, command, plan, entity))
    return await flow.job_answer(request, command, settled)


async def _plan(deps: Deps, wish: ConversionWish) -> Plan:
    """Everything that the conversion names, found and checked.

    Raises:
        ApiRefusal: something is not there, or does not fit (422), or was deleted (409).
    """
    pth = await usable_entity(deps, "pth", wish.pth_id)
    _, template = await template_row(deps, wish.template_id)
    before = await load_template(deps, template.document)
    document = await _changed(deps, before, wish.overrides) if wish.overrides else before
    refuse_unusable(document)
    rows = await structure_rows(deps, (sub.architecture for sub in document.sub_templates))
    weights = msgspec.json.decode(pth.document, type=Upload).weights
    structures = tuple(_structure_ref(row) for row in rows)
    real = await dataset_version(deps, wish.dataset_id, wish.version_job_id) if wish.dataset_id is not None else None
    return Plan(pth, weights, document, structures, overridden(before, document), real)


async def _changed(deps: Deps, document: TemplateDocument, overrides: Mapping[str, Any]) -> TemplateDocument:
    try:
        changed = with_overrides(msgspec.to_builtins(document), overrides)
    except TemplateRefusedError as error:
        raise template_refusal(error) from error
    return await checked(deps, changed, kept=(document.repo, document.method))


async def _reserve(deps: Deps, wish: ConversionWish, command: Command, plan: Plan) -> Position:
    day = deps.clock().strftime(DAY)
    name = wish.name or plan.pth.name[: NAME_CHARS_MAX - len(day)] + day
    document = plan.document
    return await models.reserve_version(
        deps.speaker,
        command,
        identity=TronIdentity("nvidia", document.repo, name, document.method, wish.version or ""),
        start_version=document.version,
        pth_id=wish.pth_id,
        template_id=wish.template_id,
    )


async def _request(deps: Deps, wish: ConversionWish, command: Command, plan: Plan, reserved: EntityRow) -> Position:
    return await models.request_conversion(
        deps.speaker,
        command,
        reserved=msgspec.json.decode(reserved.document, type=TronVersionReserved),
        version=reserved.version,
        weights=plan.weights,
        template=await keep(deps.objects, encode_template(plan.document), f"{plan.document.name}.json"),
        structures=plan.structures,
        overridden=plan.overridden,
        merge_operators=wish.merge_operators,
        copy_parameters=wish.copy_parameters,
        real_inputs=plan.real_inputs,
    )


def _structure_ref(row: EntityRow) -> StructureRef:
    added = msgspec.json.decode(row.document, type=StructureAdded)
    return StructureRef(added.structure_id, added.class_name, added.source, added.type_config)
