"""GET /structures."""

from __future__ import annotations

from aiohttp import web

from api import whole
from api.queries.entities import dependents_of, one_of, page_of


async def list_structures(request: web.Request) -> web.Response:
    """A page of structures."""
    return await page_of(request, "structure", whole.structures)


async def get_structure(request: web.Request) -> web.Response:
    """One structure."""
    return await one_of(request, "structure", whole.structure)


async def get_structure_dependents(request: web.Request) -> web.Response:
    """Templates that name the structure."""
    return await dependents_of(request, "structure")
