"""Keeps every listed schema up to date: one projector each, begun and ended as the list says, and says how it goes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from consumers.projection.reading import NewerFoldError
from consumers.projector import ForeignLogError, Projector
from consumers.watchdog import StuckError
from storage.log.port import LostLogError
from storage.views.control import Layout
from storage.views.port import ViewsAwayError

REPORT_S = 2.0
"""Pause between two words about a schema; `api.queries.health` calls one away that was silent for longer."""
STARTING_S = 0.2
"""The same while one is starting: people wait for its first word."""
REFUSED_AGAIN_S = 30.0
"""A refused schema is tried again after so long: its log may have been restored."""

_log = logging.getLogger(__name__)


class Closing(Protocol):
    """What was opened for one schema."""

    async def close(self) -> None: ...


class Opened(NamedTuple):
    """A projector of one schema, and what must be closed after it."""

    projector: Projector
    views: Closing


class Follows(Protocol):
    """The list of schemas, and the place to report to."""

    def follow(self, told: Callable[[Layout], None]) -> Closing: ...

    async def report(self, schema: str, state: str, code: str = "") -> None: ...


class Keeper:
    """Runs the projectors of one process. `tallies` are those of the schemas that are being kept."""

    def __init__(
        self,
        open_: Callable[[str], Awaitable[Opened]],
        control: Follows,
        *,
        clock: Callable[[], float] = time.monotonic,
        report_s: float = REPORT_S,
    ) -> None:
        self._open, self._control, self._clock, self._report_s = open_, control, clock, report_s
        self._listed: frozenset[str] = frozenset()
        self._changed = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._refused: dict[str, tuple[Exception, float]] = {}
        self.projectors: dict[str, Projector] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the schemas until `stop` is set.

        Raises:
            LostLogError, NewerFoldError: every listed schema refuses this log.
            StuckError: a reader gets nothing although the log grows: a fresh process is needed.
        """
        following = self._control.follow(self._told)
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._reconcile()
                await self._report()
                self._insist_on_one()
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait(
                    {stopping, changed, *self._tasks.values()},
                    timeout=self._pause_s(),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                changed.cancel()
        finally:
            stopping.cancel()
            await asyncio.gather(*(self._end(schema) for schema in list(self._tasks)))
            await following.close()

    def _pause_s(self) -> float:
        begun = self.projectors.keys() == self._tasks.keys()
        begun = begun and all(each.tally.state != "starting" for each in self.projectors.values())
        return self._report_s if begun else min(self._report_s, STARTING_S)

    def _told(self, layout: Layout) -> None:
        self._listed = layout.listed
        self._changed.set()

    async def _reconcile(self) -> None:
        """Bury what ended, end what is not listed any more, begin what is."""
        for schema, task in list(self._tasks.items()):
            if task.done():
                await self._bury(schema, task)
            elif schema not in self._listed:
                await self._end(schema)
        now_s = self._clock()
        for schema in sorted(self._listed - self._tasks.keys()):
            if schema not in self._refused or now_s - self._refused[schema][1] >= REFUSED_AGAIN_S:
                self._tasks[schema] = asyncio.create_task(self._keep(schema), name=f"project {schema}")
        self._refused = {schema: why for schema, why in self._refused.items() if schema in self._listed}

    async def _keep(self, schema: str) -> None:
        opened = await self._open(schema)
        self.projectors[schema] = opened.projector
        try:
            await opened.projector.run(asyncio.Event())
        finally:
            del self.projectors[schema]
            await opened.views.close()

    async def _bury(self, schema: str, task: asyncio.Task[None]) -> None:
        del self._tasks[schema]
        error = task.exception()
        if isinstance(error, LostLogError | NewerFoldError):
            _log.critical("%s is not kept up to date: %s", schema, error)
            self._refused[schema] = error, self._clock()
        elif isinstance(error, StuckError):
            await self._say(schema, "refused", "projector_stuck")
            raise error
        elif error is not None:
            raise error

    async def _end(self, schema: str) -> None:
        task = self._tasks.pop(schema)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _report(self) -> None:
        for schema, (error, _) in self._refused.items():
            if schema not in self.projectors:
                await self._say(schema, "refused", code_of(error))
        for schema, projector in list(self.projectors.items()):
            if projector.tally.state != "starting":
                self._refused.pop(schema, None)
                await self._say(schema, projector.tally.state)

    async def _say(self, schema: str, state: str, code: str = "") -> None:
        try:
            await self._control.report(schema, state, code)
        except ViewsAwayError as error:
            _log.debug("%s could not be reported: %s", schema, error)

    def _insist_on_one(self) -> None:
        if self._listed and self._refused.keys() >= self._listed:
            raise next(iter(self._refused.values()))[0]


def code_of(error: Exception) -> str:
    """Why a schema is refused, as a code."""
    if isinstance(error, ForeignLogError):
        return "log_foreign"
    return "log_lost" if isinstance(error, LostLogError) else "fold_newer"
