"""GET /structures and /type-configs."""

from __future__ import annotations

from aiohttp import web

from api import whole
from api.commands.type_configs import whole_type_config
from api.queries.entities import dependents_of, one_of, page_of


async def list_structures(request: web.Request) -> web.Response:
    """A page of structures."""
    return await page_of(request, "structure", whole.structures, with_certified=True)


async def get_structure(request: web.Request) -> web.Response:
    """One structure."""
    return await one_of(request, "structure", whole.structure)


async def get_structure_dependents(request: web.Request) -> web.Response:
    """Templates that name the structure."""
    return await dependents_of(request, "structure")


async def list_type_configs(request: web.Request) -> web.Response:
    """A page of type configs, every version."""
    return await page_of(request, "type_config", whole.type_configs)


async def get_type_config(request: web.Request) -> web.Response:
    """One version of a type config, with its arguments."""
    return await one_of(request, "type_config", whole_type_config)
