"""GET /openapi.json: what all routes take and answer."""

from __future__ import annotations

from aiohttp import web

DOCUMENT = web.AppKey("openapi", bytes)


async def get_openapi(request: web.Request) -> web.Response:
    """This document."""
    return web.Response(body=request.app[DOCUMENT], content_type="application/json")
