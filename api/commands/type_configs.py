"""POST /type-configs, and type configs as structures need them."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import wish_of
from api.commands import flow
from api.commands.objects import load, object_ref
from api.commands.templates import usable_entity
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.owners import named_one
from api.present import type_config_resource
from api.terms import TypeConfig
from api.wishes import TypeConfigWish
from producers import structures
from schemas.events import TypeConfigAdded
from schemas.specs.type_configs import TYPE_CONFIG_BYTES_MAX, TypeConfigRefusedError, read_type_config
from storage.log.port import Position
from storage.views.rows import EntityRow


async def post_type_config(request: web.Request) -> web.Response:
    """Add a stored JSON or YAML file as the next version of a type config: 201 TypeConfig."""
    deps, wish = deps_of(request), await wish_of(request, TypeConfigWish)
    command = flow.command_of(request, wish)

    async def say() -> Position:
        label = wish.file_name or f"{wish.name}.yaml"
        file = await object_ref(deps.objects, wish.digest, label, field="digest", size_max_bytes=TYPE_CONFIG_BYTES_MAX)
        await _arguments(deps, wish.digest)
        return await structures.add_config(deps.speaker, command, name=wish.name, file=file, note=wish.note)

    return await flow.made(request, command, say, whole_type_config)


async def whole_type_config(deps: Deps, row: EntityRow, _: str) -> TypeConfig:
    """A type config with its arguments."""
    said = msgspec.json.decode(row.document, type=TypeConfigAdded)
    return await named_one(deps, type_config_resource(row, await _arguments(deps, said.file.digest)))


async def usable_config(deps: Deps, id_: UUID) -> TypeConfigAdded:
    """A type config that a wish names.

    Raises:
        ApiRefusal: there is none with that id (422).
    """
    return msgspec.json.decode((await usable_entity(deps, "type_config", id_)).document, type=TypeConfigAdded)


async def _arguments(deps: Deps, digest: str) -> dict[str, Any]:
    """What a stored file says.

    Raises:
        ApiRefusal: it is no type config (422).
    """
    data = await load(deps.objects, digest, size_max_bytes=TYPE_CONFIG_BYTES_MAX)
    try:
        return await asyncio.to_thread(read_type_config, data)
    except TypeConfigRefusedError as error:
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, error.problem) from error
