"""What was decided about requests, put into the chain: many at once, each answered when it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from aiohttp import web

from api.answers import COMMAND_ID
from api.deps import DEPS, deps_of
from api.people import Who, address_of
from storage.accounts.port import Accounts, AccountsAwayError
from storage.accounts.rows import Decision
from storage.accounts.rules import Outcome
from storage.views.tables import plain

AT_ONCE_MAX = 500
OBJECT_CHARS_MAX = 100
ABOUT = web.RequestKey("about", UUID)
"""The id of what a request makes or changes, where that is neither in its path nor a command's."""


class _Waiting(NamedTuple):
    decision: Decision
    kept: asyncio.Future[None]


class Trail:
    """Writes decisions; those that come while it writes go together next."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue()

    async def say(self, decision: Decision) -> None:
        """Keep the decision; raises `AccountsAwayError` where it cannot be kept."""
        each = _Waiting(decision, asyncio.get_running_loop().create_future())
        self._waiting.put_nowait(each)
        await each.kept

    async def run(self) -> None:
        """Write for ever."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < AT_ONCE_MAX and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._keep(batch)

    async def _keep(self, batch: list[_Waiting]) -> None:
        try:
            await self._accounts.say([each.decision for each in batch])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, AccountsAwayError):
                # one that cannot be kept is no reason to lose the others
                for each in batch:
                    await self._keep([each])
                return
            for each in batch:
                if not each.kept.done():
                    each.kept.set_exception(error)
        else:
            for each in batch:
                if not each.kept.done():
                    each.kept.set_result(None)


TRAIL = web.AppKey("trail", Trail)


def install(app: web.Application) -> None:
    """Write down what the application decides, while it runs."""
    app[TRAIL] = Trail(app[DEPS].accounts)
    app.cleanup_ctx.append(_writing)


async def _writing(app: web.Application) -> AsyncIterator[None]:
    writing = asyncio.create_task(app[TRAIL].run())
    yield
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)


async def tell(
    request: web.Request, who: Who | None, outcome: Outcome, *, action: str = "", about: object = None
) -> None:
    """Keep what was decided about a request: by default its handler's name, and the thing in its path or that it
    makes."""
    decision = Decision(
        time=deps_of(request).clock(),
        actor=who.id if who is not None else None,
        action=action or request.match_info.route.handler.__name__,
        object=plain(str(about if about is not None else _object(request)))[:OBJECT_CHARS_MAX],
        outcome=outcome,
        address=plain(address_of(request)),
    )
    await request.app[TRAIL].say(decision)


def _object(request: web.Request) -> object:
    if ABOUT in request:
        return request[ABOUT]
    named = request.match_info
    if "id" in named or "name" in named:
        return named.get("id") or named.get("name")
    return request.get(COMMAND_ID, "")
