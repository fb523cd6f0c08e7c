"""POST, PATCH and DELETE of templates, and templates as other wishes need them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import id_of, unknown, wish_of
from api.commands import flow
from api.commands.objects import keep, load
from api.deps import Deps, deps_of
from api.dictionary import lists_now
from api.errors import ApiRefusal
from api.owners import named_one
from api.present import template_resource
from api.resources import Template
from api.whole import gone, gone_parents, with_parents
from api.wishes import TemplateCopyWish, TemplateEdit, TemplateWish
from producers import templates
from producers.say import Command
from schemas.events import TemplateSaved
from schemas.specs.choosing import with_choices
from schemas.specs.templates import (
    TemplateDocument,
    TemplateRefusedError,
    decode_template,
    encode_template,
    read_template,
    template_problems,
)
from schemas.values import Code, ObjectRef
from storage.log.port import Position
from storage.views.rows import EntityRow

DOCUMENT_BYTES_MAX = 16 << 20


async def post_template(request: web.Request) -> web.Response:
    """Save a template: 201 Template."""
    deps, wish = deps_of(request), await wish_of(request, TemplateWish)
    command = flow.command_of(request, wish)
    document = await checked(deps, wish.document)

    async def say() -> Position:
        return await _save(deps, command, document, wish.note)

    return await flow.made(request, command, say, whole_template)


async def copy_template(request: web.Request) -> web.Response:
    """Save the template in the path once more under another name: 201 Template."""
    deps, wish, id_ = deps_of(request), await wish_of(request, TemplateCopyWish), id_of(request, "template")
    command = flow.command_of(request, wish)
    row = await deps.views.entity(id_)
    if row is None or row.kind != "template":
        raise unknown("template", id_)

    async def say() -> Position:
        before = await load_template(deps, msgspec.json.decode(row.document, type=TemplateSaved).document)
        refuse_unusable(before)
        copied = msgspec.structs.replace(before, name=wish.name)
        return await _save(deps, command, copied, row.note if wish.note is None else wish.note)

    return await flow.made(request, command, say, whole_template)


async def _save(deps: Deps, command: Command, document: TemplateDocument, note: str) -> Position:
    await _usable_structures(deps, document, ())
    stored = await keep(deps.objects, encode_template(document), f"{document.name}.json")
    return await templates.save(deps.speaker, command, document=document, stored=stored, note=note)


async def patch_template(request: web.Request) -> web.Response:
    """Another document or note for a template: 200 Template. Jobs that were asked for keep the earlier document."""
    deps, wish = deps_of(request), flow.something(await wish_of(request, TemplateEdit))

    async def say(command: Command, row: EntityRow, expected: int) -> Position:
        before = msgspec.json.decode(row.document, type=TemplateSaved)
        given = None
        if wish.document is not None:
            given = await checked(deps, wish.document, kept=(before.repo, before.method))
            await _usable_structures(deps, given, before.architectures)
            stored = await keep(deps.objects, encode_template(given), f"{given.name}.json")
        return await templates.replace(
            deps.speaker,
            command,
            template_id=row.id,
            expected_revision=expected,
            document=given or await load_template(deps, before.document),
            stored=stored if given is not None else before.document,
            note=row.note if wish.note is None else wish.note,
        )

    return await flow.change(request, "template", wish, say, whole_template)


async def delete_template(request: web.Request) -> web.Response:
    """Take a template out of use: 200 Template. Models made with it stay, its name is free again."""

    async def say(command: Command, row: EntityRow, expected: int) -> Position:
        return await templates.delete(deps_of(request).speaker, command, template_id=row.id, expected_revision=expected)

    return await flow.change(request, "template", None, say, whole_template)


async def whole_template(deps: Deps, row: EntityRow, lang: str) -> Template:
    """A template with its document."""
    document = await load_template(deps, msgspec.json.decode(row.document, type=TemplateSaved).document)
    named = {UUID(parent) for parent in row.parents}
    certified = await deps.views.certificates(named)
    doubtful = await deps.views.entities_by_ids(sorted(named - certified.keys()))
    remarks = [Code("structure_uncertified", {"id": str(each.id), "name": each.name}) for each in doubtful]
    shown = template_resource(row, document, lang, await gone_parents(deps, [row]), remarks)
    return await with_parents(deps, row, await named_one(deps, shown))


async def _usable_structures(deps: Deps, document: TemplateDocument, kept: Collection[UUID]) -> None:
    """Check the structures that a template names; those that it named before may be deleted meanwhile.

    Raises:
        ApiRefusal: one of them does not exist (422), or was deleted (409).
    """
    ids = [sub.architecture for sub in document.sub_templates]
    await structure_rows(deps, ids)
    for id_ in sorted(await gone(deps, set(ids) - set(kept))):
        raise deleted("structure", id_)


async def checked(deps: Deps, raw: Mapping[str, Any], *, kept: Collection[str] = ()) -> TemplateDocument:
    """The template that a document means, with what the dictionary adds; `kept` may be in it though it is not there.

    Raises:
        ApiRefusal: 422 with the first problem; `more` says how many others there are.
    """
    lists = await lists_now(deps)
    try:
        return read_template(with_choices(raw, lists, kept=kept))
    except TemplateRefusedError as error:
        raise template_refusal(error) from error


def refuse_unusable(document: TemplateDocument) -> None:
    """Check a stored template before something new is made of it: it may be older than what is asked today.

    Raises:
        ApiRefusal: as `checked`.
    """
    if problems := template_problems(document):
        raise template_refusal(TemplateRefusedError(problems))


def template_refusal(error: TemplateRefusedError) -> ApiRefusal:
    """422 with the first of the template's problems; `more` says how many others there are."""
    first, *others = error.problems
    more = {"more": str(len(others))} if others else {}
    return ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, Code(first.code, {**first.params, **more}))


async def load_template(deps: Deps, stored: ObjectRef) -> TemplateDocument:
    """A stored template, as it was saved; `refuse_unusable` says whether it can still be used.

    Raises:
        ObjectMissingError, ObjectDamagedError: as the store.
        TemplateRefusedError: the object is no template that this version can read.
    """
    return decode_template(await load(deps.objects, stored.digest, size_max_bytes=DOCUMENT_BYTES_MAX))


async def template_row(deps: Deps, id_: UUID) -> tuple[EntityRow, TemplateSaved]:
    """A template that a wish names.

    Raises:
        ApiRefusal: there is none with that id (422), or it was deleted (409).
    """
    row = await usable_entity(deps, "template", id_)
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


async def usable_entity(deps: Deps, kind: str, id_: UUID) -> EntityRow:
    """A thing that a wish wants to make something new of.

    Raises:
        ApiRefusal: there is none of that kind with that id (422), or it was deleted (409).
    """
    row = await wanted_entity(deps, kind, id_)
    if row.deleted_at is not None:
        raise deleted(kind, id_)
    return row


def deleted(kind: str, id_: UUID) -> ApiRefusal:
    """409: pth_deleted, template_deleted, ..."""
    return ApiRefusal(HTTPStatus.CONFLICT, f"{kind}_deleted", id=id_)


async def structure_rows(deps: Deps, ids: Iterable[UUID]) -> list[EntityRow]:
    """The structures that a template's networks name, each once.

    Raises:
        ApiRefusal: one of them does not exist (422).
    """
    return [await wanted_entity(deps, "structure", id_) for id_ in dict.fromkeys(ids)]
