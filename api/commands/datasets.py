"""POST, PATCH and DELETE of datasets."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, get_args

from aiohttp import web

from api import whole
from api.answers import wish_of
from api.commands import flow
from api.commands.objects import object_ref
from api.deps import deps_of
from api.errors import ApiRefusal
from api.wishes import DatasetWish, NoteEdit
from producers import datasets
from producers.say import Command
from schemas.events.datasets import DatasetType, PackageFormat
from storage.log.port import Position
from storage.views.rows import EntityRow


def one_of(literal: Any, value: str, field: str) -> Any:
    """The value, which must be one of a Literal's words.

    Raises:
        ApiRefusal: it is not (422).
    """
    if value not in get_args(literal):
        raise ApiRefusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "value_not_supported",
            field=field,
            value=value[:100],
            known=", ".join(get_args(literal)),
        )
    return value


async def post_dataset(request: web.Request) -> web.Response:
    """Take the dataset's name, then ask for the import of its package: 201 Job, whose subject is the dataset."""
    deps, wish = deps_of(request), await wish_of(request, DatasetWish)
    command = flow.command_of(request, wish)
    type_: DatasetType = one_of(DatasetType, wish.type, "type")
    format_: PackageFormat = one_of(PackageFormat, wish.format, "format")
    job_id = datasets.import_job_id(command.id)
    if (row := await flow.earlier_job(deps, command, job_id)) is not None:
        return await flow.job_answer(request, command, flow.Settled(row, {}))
    await flow.earlier(deps, command)
    package = await object_ref(
        deps.objects, wish.digest, f"{wish.name}.zip", field="digest", size_max_bytes=deps.upload_bytes_max
    )

    async def create() -> Position:
        return await datasets.create(deps.speaker, command, name=wish.name, type_=type_, note=wish.note)

    async def request_import() -> Position:
        return await datasets.request_import(deps.speaker, command, package=package, format_=format_)

    created = await flow.decide(deps, command, create)
    if created.row is None:
        return flow.pending(command, created.headers)
    return await flow.job_answer(request, command, await flow.request_job(deps, command, job_id, request_import))


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
