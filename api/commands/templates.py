"""POST /templates, and templates as other wishes need them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import json_answer, lang_of, wish_of
from api.commands import flow
from api.commands.objects import keep, load
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.present import template_resource
from api.resources import TemplateWish
from producers import templates
from schemas.events import TemplateSaved
from schemas.specs.templates import (
    TemplateDocument,
    TemplateRefusedError,
    decode_template,
    encode_template,
    read_template,
)
from schemas.values import Code, ObjectRef
from storage.log.port import Position
from storage.views.rows import EntityRow

DOCUMENT_BYTES_MAX = 16 << 20


async def post_template(request: web.Request) -> web.Response:
    """Save a template: 201 Template."""
    deps, wish = deps_of(request), await wish_of(request, TemplateWish)
    command = flow.command_of(request, wish)
    document = checked(wish.document)

    async def say() -> Position:
        await structure_rows(deps, (sub.architecture for sub in document.sub_templates))
        stored = await keep(deps.objects, encode_template(document), f"{document.name}.json")
        return await templates.save(deps.speaker, command, document=document, stored=stored, note=wish.note)

    settled = await flow.decide(deps, command, say)
    row = await deps.views.entity(command.id)
    if settled.row is None or row is None:
        return flow.pending(command, settled.headers)
    return json_answer(template_resource(row, document, lang_of(request)), HTTPStatus.CREATED, settled.headers)


def checked(raw: Mapping[str, Any]) -> TemplateDocument:
    """The template that a document means.

    Raises:
        ApiRefusal: 422 with the first problem; `more` says how many others there are.
    """
    try:
        return read_template(raw)
    except TemplateRefusedError as error:
        raise template_refusal(error) from error


def template_refusal(error: TemplateRefusedError) -> ApiRefusal:
    """422 with the first of the template's problems; `more` says how many others there are."""
    first, *others = error.problems
    more = {"more": str(len(others))} if others else {}
    return ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, Code(first.code, {**first.params, **more}))


async def load_template(deps: Deps, stored: ObjectRef) -> TemplateDocument:
    """A stored template.

    Raises:
        ObjectMissingError, ObjectDamagedError: as the store.
        TemplateRefusedError: the object is no template that this version can read.
    """
    return decode_template(await load(deps.objects, stored.digest, size_max_bytes=DOCUMENT_BYTES_MAX))


async def template_row(deps: Deps, id_: UUID) -> tuple[EntityRow, TemplateSaved]:
    """A template that a wish names.

    Raises:
        ApiRefusal: there is none with that id (422).
    """
    row = await wanted_entity(deps, "template", id_)
    return row, msgspec.json.decode(row.document, type=TemplateSaved)


async def wanted_entity(deps: Deps, kind: str, id_: UUID) -> EntityRow:
    """A thing that a wish names.

    Raises:
        ApiRefusal: there is none of that kind with that id (422 pth_unknown, template_unknown, ...).
    """
    row = await deps.views.entity(id_)
    if row is None or row.kind != kind:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{kind}_unknown", id=id_)
    return row


async def structure_rows(deps: Deps, ids: Iterable[UUID]) -> list[EntityRow]:
    """The structures that a template's networks name, each once.

    Raises:
        ApiRefusal: one of them does not exist (422).
    """
    return [await wanted_entity(deps, "structure", id_) for id_ in dict.fromkeys(ids)]
