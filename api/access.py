"""A name for every request, on its answer and in every log line about it; one line and one measurement an answer."""

from __future__ import annotations

import logging
import re
import time
from contextlib import suppress
from contextvars import ContextVar
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Handler

from api.answers import COMMAND_ID
from api.auth import actor_of
from api.metrics import METRICS, route_of

REQUEST_ID = "X-Request-Id"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked every few seconds by machines: worth a line only when they fail."""
_FAILED = 500
_NAME = web.RequestKey("request_id", str)
_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_access = logging.getLogger("mo.access")


class RequestIds(logging.Filter):
    """Adds the request's name to every line that is logged while it is served."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "request_id"):
            record.request_id = _id.get()
        return True


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost middleware. Neither bodies nor queries nor tokens are ever logged; a path only as its template."""
    given = request.headers.get(REQUEST_ID, "")
    name = given if _GIVEN.fullmatch(given) else uuid4().hex
    token = _id.set(name)
    request[_NAME] = name
    began_s = time.monotonic()
    status = 0
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        _tell(request, status, time.monotonic() - began_s)
        _id.reset(token)


async def name_answer(request: web.Request, response: web.StreamResponse) -> None:
    """Say the request's name on its answer."""
    response.headers[REQUEST_ID] = request[_NAME] if _NAME in request else uuid4().hex


def _tell(request: web.Request, status: int, seconds: float) -> None:
    route = route_of(request)
    request.app[METRICS].answered(request.method, route, status, seconds)
    if route in _QUIET and status < _FAILED:
        return
    fields: dict[str, object] = {
        "method": request.method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    with suppress(KeyError):  # nobody was recognised
        fields["actor_id"] = str(actor_of(request).id)
    if COMMAND_ID in request:
        fields["event_id"] = str(request[COMMAND_ID])
    for part, field in (("jobs", "job_id"), ("commands", "event_id")):
        if f"/{part}/{{id}}" in route:
            fields[field] = request.match_info["id"][:64]
    _access.info("%s %s %s", request.method, route, status or "broken off", extra=fields)
