"""POST, PATCH and DELETE of structures."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import web

from api import whole
from api.answers import wish_of
from api.commands import flow
from api.commands.objects import load, object_ref
from api.commands.type_configs import usable_config
from api.deps import deps_of
from api.errors import ApiRefusal
from api.wishes import StructureEdit, StructureWish
from producers import structures
from producers.say import Command
from schemas.specs.structures import SOURCE_BYTES_MAX, class_problem
from storage.log.port import Position
from storage.views.rows import EntityRow


async def post_structure(request: web.Request) -> web.Response:
    """Add a stored Python file, or a zip of several, as a structure: 201 Structure. They are parsed, never imported."""
    deps, wish = deps_of(request), await wish_of(request, StructureWish)
    command = flow.command_of(request, wish)

    async def say() -> Position:
        label = wish.file_name or f"{wish.class_name}.py"
        source = await object_ref(deps.objects, wish.digest, label, field="digest", size_max_bytes=SOURCE_BYTES_MAX)
        text = await load(deps.objects, wish.digest, size_max_bytes=SOURCE_BYTES_MAX)
        if (problem := await asyncio.to_thread(class_problem, text, wish.class_name)) is not None:
            raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, problem)
        config = await usable_config(deps, wish.type_config_id) if wish.type_config_id is not None else None
        return await structures.add(
            deps.speaker,
            command,
            name=wish.name,
            class_name=wish.class_name,
            source=source,
            type_config=config,
            note=wish.note,
        )

    return await flow.made(request, command, say, whole.structure)


async def patch_structure(request: web.Request) -> web.Response:
    """Another name or note for a structure: 200 Structure."""
    wish = flow.something(await wish_of(request, StructureEdit))

    async def say(command: Command, row: EntityRow, expected: int) -> Position:
        return await structures.edit(
            deps_of(request).speaker,
            command,
            structure_id=row.id,
            expected_revision=expected,
            name=wish.name,
            note=wish.note,
        )

    return await flow.change(request, "structure", wish, say, whole.structure)


async def delete_structure(request: web.Request) -> web.Response:
    """Take a structure out of use: 200 Structure. Templates that name it stay and can still be converted with."""

    async def say(command: Command, row: EntityRow, expected: int) -> Position:
        return await structures.delete(
            deps_of(request).speaker, command, structure_id=row.id, expected_revision=expected
        )

    return await flow.change(request, "structure", None, say, whole.structure)
