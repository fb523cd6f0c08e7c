"""POST, PATCH and DELETE of datasets."""

from __future__ import annotations

import msgspec
from aiohttp import web

from api import whole
from api.answers import id_of, unknown, wish_of
from api.auth import authorize
from api.commands import flow
from api.commands.objects import object_ref
from api.commands.scans import confirmed
from api.commands.templates import usable_entity
from api.commands.tested import refusal
from api.commands.words import one_of
from api.deps import Deps, deps_of
from api.wishes import DatasetWish, NoteEdit, VersionWish
from producers import datasets
from producers.say import Command
from schemas.events import DatasetCreated
from schemas.events.datasets import DatasetType, PackageFormat
from storage.log.port import Position
from storage.views.rows import EntityRow


async def post_dataset(request: web.Request) -> web.Response:
    """Take the dataset's name, then ask for the import of its package: 201 Job, whose subject is the dataset."""
    deps, wish = deps_of(request), await wish_of(request, DatasetWish)
    command = flow.command_of(request, wish)
    type_: DatasetType = one_of(DatasetType, wish.type, "type")
    job_id = datasets.import_job_id(command.id)
    if (row := await flow.earlier_job(deps, command, job_id)) is not None:
        return await flow.job_answer(request, command, flow.Settled(row, {}))
    await flow.earlier(deps, command)
    content = await _content(deps, wish, type_, wish.name)

    async def create() -> Position:
        kind = content.type or type_
        return await datasets.create(deps.speaker, command, name=wish.name, type_=kind, note=wish.note)

    async def request_import() -> Position:
        return await datasets.request_import(deps.speaker, command, command.id, content, wish.scan_job_id)

    created = await flow.decide(deps, command, create)
    if created.row is None:
        return flow.pending(command, created.headers)
    return await flow.job_answer(request, command, await flow.request_job(deps, command, job_id, request_import))


async def post_version(request: web.Request) -> web.Response:
    """Ask for another version of a dataset, from a corrected package: 201 Job. Tests keep the version they used."""
    deps, wish, id_ = deps_of(request), await wish_of(request, VersionWish), id_of(request, "dataset")
    command = flow.command_of(request, wish)
    row = await deps.views.entity(id_)
    if row is None or row.kind != "dataset":
        raise unknown("dataset", id_)
    await authorize(request, row.owner)

    async def say() -> Position:
        dataset = await usable_entity(deps, "dataset", id_)
        type_ = msgspec.json.decode(dataset.document, type=DatasetCreated).type
        content = await _content(deps, wish, type_, dataset.name)
        if content.type != type_:
            raise refusal("dataset_type_differs", type=content.type, wanted=type_)
        return await datasets.request_import(deps.speaker, command, id_, content, wish.scan_job_id)

    job_id = datasets.import_job_id(command.id)
    return await flow.job_answer(request, command, await flow.request_job(deps, command, job_id, say))


async def _content(deps: Deps, wish: VersionWish, type_: DatasetType, name: str) -> datasets.Content:
    """What is to be imported: what a scan found, or the package as it is."""
    if wish.scan_job_id is not None:
        return await confirmed(deps, wish.scan_job_id, wish.pairs)
    format_: PackageFormat = one_of(PackageFormat, wish.format, "format")
    package = await object_ref(
        deps.objects, wish.digest, f"{name}.zip", field="digest", size_max_bytes=deps.upload_bytes_max
    )
    return datasets.Content(package, format_, type_, wish.split)


async def patch_dataset(request: web.Request) -> web.Response:
    """Another note for a dataset: 200 Dataset."""
    wish = await wish_of(request, NoteEdit)

    async def say(command: Command, row: EntityRow, expected: int) -> Position:
        return await datasets.edit(
            deps_of(request).speaker, command, dataset_id=row.id, expected_revision=expected, note=wish.note
        )

    return await flow.change(request, "dataset", wish, say, whole.dataset)


async def delete_dataset(request: web.Request) -> web.Response:
    """Take a dataset out of use: 200 Dataset. Tests on it stay, its name is free again."""

    async def say(command: Command, row: EntityRow, expected: int) -> Position:
        return await datasets.delete(deps_of(request).speaker, command, dataset_id=row.id, expected_revision=expected)

    return await flow.change(request, "dataset", None, say, whole.dataset)
