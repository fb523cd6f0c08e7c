"""The application: the route table, with what stands around every route."""

from __future__ import annotations

from functools import cache

from aiohttp import web

from api import access, attempts, lag, metrics, stream, trail, tus
from api.answers import JSON_BYTES_MAX, mark_stale, read_your_writes
from api.auth import add_routes, guard, harden
from api.commands.catalogue import FETCHES
from api.deps import DEPS, Deps
from api.errors import problems
from api.graph_viewer import VIEWER
from api.openapi import document, text
from api.packs import OPEN_PACKS, OpenPacks
from api.pages import BUILT, PAGES, STATIC
from api.queries.openapi import DOCUMENT
from api.routes import ROUTES

LINE_BYTES_MAX = 64 << 10
"""Longest request line and header that is read: what fits gets an answer of ours, whatever it says."""


def serving(app: web.Application, *, shutdown_s: float = 1.0) -> web.AppRunner:
    """What serves the application; answers under way may take `shutdown_s` once it is told to stop."""
    return web.AppRunner(
        app,
        shutdown_timeout=shutdown_s,
        access_log=None,
        max_line_size=LINE_BYTES_MAX,
        max_field_size=LINE_BYTES_MAX,
    )


@cache
def _document() -> bytes:
    """What `/openapi.json` answers: it depends on the code only, and is the most work of a start."""
    return text(document(ROUTES)).encode()


def create_app(deps: Deps) -> web.Application:
    """The API on the given adapters. It refuses to start if a route has no policy or no contract."""
    around = [access.access, problems, guard, lag.refuse_without_log, read_your_writes]
    app = web.Application(middlewares=around, client_max_size=JSON_BYTES_MAX)
    app[DEPS] = deps
    app.on_response_prepare.append(harden)
    app.on_response_prepare.append(mark_stale)
    app.on_response_prepare.append(access.name_answer)
    lag.install(app)
    trail.install(app)
    attempts.install(app)
    metrics.install(app)
    stream.install(app)
    tus.install(app)
    app[OPEN_PACKS] = OpenPacks()
    app[STATIC] = BUILT
    app[FETCHES] = {}
    app[DOCUMENT] = _document()
    add_routes(app, (*ROUTES, *VIEWER, *PAGES))
    return app
