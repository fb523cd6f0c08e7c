"""How far the read models are behind the log: looked at once a second, said on every answer that is stale."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from api.answers import STALE
from api.auth import SAFE_METHODS
from api.deps import DEPS, Deps
from api.errors import RETRY_AFTER_S, ApiRefusal
from schemas.topics import TOPICS
from storage.log.lag import Lag
from storage.log.port import LogError, Partition
from storage.views.port import ViewsAwayError

LOOK_EVERY_S = 0.5
ANSWER_S_MAX = 2.0
STALE_S = 2.0
"""Records that wait for longer than this make answers stale."""
LAG_RECORDS = "Mo-Lag-Records"
_SAYS_NOTHING = ("/api/v1/objects", "/api/v1/uploads", "/api/v1/gateway")
"""Routes whose writes go to the object store, or are answered from the read models."""

_log = logging.getLogger(__name__)


class LagWatch:
    """Looks at the log's ends and the stored positions; what cannot be asked now keeps its last answer."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self.lag = Lag()
        self.log_answers = True

    @property
    def stale(self) -> bool:
        """Whether something that was said has not become visible for more than `STALE_S`."""
        return self.lag.longest_s() > STALE_S

    async def look(self) -> tuple[bool, bool]:
        """Look now; whether the log and the read models answered."""
        ends, positions = await asyncio.gather(self._ends(), self._positions())
        self.lag.look(time.monotonic(), ends, positions)
        self.log_answers = ends is not None
        return ends is not None, positions is not None

    async def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                await self.look()
            except Exception:
                _log.exception("looking at the lag failed")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _ends(self) -> dict[Partition, int] | None:
        ends: dict[Partition, int] = {}
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                for topic in TOPICS:
                    ends.update(await self._deps.log.end(topic))
        except (LogError, TimeoutError):
            return None
        return ends

    async def _positions(self) -> dict[Partition, int] | None:
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                return dict(await self._deps.views.positions())
        except (ViewsAwayError, TimeoutError):
            return None


LAG = web.AppKey("lag", LagWatch)


async def watch_lag(app: web.Application) -> AsyncIterator[None]:
    """Watch while the application runs."""
    watching = asyncio.create_task(app[LAG].run())
    yield
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


def install(app: web.Application) -> None:
    """Watch the lag of the application's read models, and say it on its answers."""
    app[LAG] = LagWatch(app[DEPS])
    app.cleanup_ctx.append(watch_lag)
    app.on_response_prepare.append(mark_behind)


@web.middleware
async def refuse_without_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a write at once while the log is away: said before anything is appended, nothing about it is in doubt."""
    resource = request.match_info.route.resource
    says = resource is not None and not resource.canonical.startswith(_SAYS_NOTHING)
    if request.method not in SAFE_METHODS and says and not request.app[LAG].log_answers:
        raise ApiRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "log_away", headers={"Retry-After": str(RETRY_AFTER_S)})
    return await handler(request)


async def mark_behind(request: web.Request, response: web.StreamResponse) -> None:
    """Say on an answer that the read models are behind, and by how much."""
    watch = request.app[LAG]
    if request.method in ("GET", "HEAD") and watch.stale:
        response.headers[STALE] = "true"
        response.headers[LAG_RECORDS] = str(sum(watch.lag.records().values()))
