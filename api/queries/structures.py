"""GET /structures."""

from __future__ import annotations

from aiohttp import web

from api.answers import json_answer
from api.present import structure_resource
from api.queries.entities import entity_row, plain_list


async def list_structures(request: web.Request) -> web.Response:
    """A page of structures."""
    return await plain_list(request, "structure", structure_resource)


async def get_structure(request: web.Request) -> web.Response:
    """One structure."""
    return json_answer(structure_resource(await entity_row(request, "structure")))
