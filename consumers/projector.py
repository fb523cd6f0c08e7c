"""The projector: reads every topic in batches and keeps rows and positions together, for ever or up to the end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple, Protocol, TypeVar

from consumers.projection.batch import JOBS_KEPT_MAX, Intake, Projection, take_in
from consumers.projection.reading import HISTORIES, NewerFoldError
from consumers.watchdog import STUCK_S, StuckError, Watchdog
from schemas.topics import CATALOG, TOPICS
from storage.log.lag import Lag
from storage.log.port import Log, LogError, LostLogError, Partition, Reader, Record
from storage.views.port import Hook, OffsetConflictError, Store, ViewsAwayError

BATCH_MAX = 1000
"""Records a transaction: fewer cost more commits, more cost more memory and gain nothing."""
WAIT_S = 0.5
"""Longest wait of one read, and so about the longest a stop takes."""
LOOK_S = 5.0
"""Pause between two looks of the watchdog."""
RETRY_S = 0.05
RETRY_S_MAX = 2.0
GARBAGE_OBJECTS = 50_000
"""New objects before the collector looks: records make many, none in cycles, and looking cost a fifth of the time."""
SAY_S = 5.0
"""Shortest time between two log lines about the same trouble."""

State = Literal["starting", "catching_up", "running", "waiting"]
"""waiting: for a log or a database that is away; catching_up: there is more than a batch to read."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class ForeignLogError(LostLogError):
    """The rows were made of another log than this one."""


class Tally:
    """What a projector has done since it began, for whoever measures it."""

    def __init__(self) -> None:
        self.state: State = "starting"
        self.records = 0
        self.undecodable = 0
        self.batches = 0
        self.conflicts = 0
        self.lag = Lag()


class _StoppedError(Exception):
    """Told to stop while waiting for something that is away."""


class _Session(NamedTuple):
    """What holds between two conflicts: the memory, the stored positions, a reader that stands behind them."""

    projection: Projection
    positions: dict[Partition, int]
    reader: Reader


class _Bounds(NamedTuple):
    """The oldest kept offset and the end of every partition."""

    begins: dict[Partition, int]
    ends: dict[Partition, int]


class Projector:
    """Projects one log into one store of read models. Any number may run at once: each batch is kept by one of them."""

    def __init__(
        self,
        log: Log,
        views: Store,
        *,
        batch_max: int = BATCH_MAX,
        jobs_kept_max: int = JOBS_KEPT_MAX,
        stuck_s: float = STUCK_S,
        look_s: float = LOOK_S,
        clock: Callable[[], float] = time.monotonic,
        hook: Hook | None = None,
    ) -> None:
        self._log = log
        self._views = views
        self._batch_max = batch_max
        self._jobs_kept_max = jobs_kept_max
        self._stuck_s = stuck_s
        self._look_s = look_s
        self._clock = clock
        self._hook = hook
        self._watchdog = Watchdog(stuck_s=stuck_s)
        self._looked_s = clock()
        self._said_s = float("-inf")
        self._conflict_pause_s = RETRY_S
        self.tally = Tally()

    async def run(self, stop: asyncio.Event) -> None:
        """Project until `stop` is set.

        Raises:
            LostLogError: the log is not the one that the rows were made of. Nothing was changed.
            NewerFoldError: the log needs a newer projector; everything before that record is projected.
            StuckError: the reader gets nothing although the log grows.
        """
        try:
            await self._project(stop, None)
        except _StoppedError:
            return

    async def catch_up(self) -> None:
        """Project everything that is in the log now, then return. Raises what `run` raises."""
        await self._project(asyncio.Event(), (await self._bounds()).ends)

    async def _project(self, stop: asyncio.Event, until: Mapping[Partition, int] | None) -> None:
        """One session after another: a conflict ends one, because the rows may be newer than its memory."""
        while not stop.is_set():
            try:
                async with self._session(stop) as session:
                    await self._follow(session, stop, until)
                return
            except OffsetConflictError as error:
                self.tally.conflicts += 1
                self._say("reading the state again: %s", error)
                # whoever loses waits longer and longer, so that of two projectors one soon does the work alone
                await _sleep(stop, self._conflict_pause_s)
                self._conflict_pause_s = min(2 * self._conflict_pause_s, RETRY_S_MAX)

    async def _follow(self, session: _Session, stop: asyncio.Event, until: Mapping[Partition, int] | None) -> None:
        """Keep one batch after another; while the database works on one, the next is read and decoded."""
        keeping: asyncio.Task[None] | None = None
        try:
            while not stop.is_set() and not _reached(session.reader, until):
                records = await self._read(session.reader)
                backlog = len(records) >= self._batch_max
                self.tally.state = "catching_up" if backlog else "running"
                await self._look(session.reader, backlog=backlog)
                intake = take_in(records)
                if keeping is not None:
                    await keeping
                keeping = asyncio.create_task(self._keep(session, intake, stop))
            if keeping is not None:
                await keeping
        finally:
            if keeping is not None:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)

    @asynccontextmanager
    async def _session(self, stop: asyncio.Event) -> AsyncIterator[_Session]:
        await self._insist(stop, self._views.migrate)
        bounds = await self._insist(stop, self._bounds)
        cluster_id = await self._insist(stop, self._log.cluster_id)
        kept_id = await self._insist(stop, lambda: self._views.identity(cluster_id))
        positions = dict(await self._insist(stop, self._views.positions))
        _check_log(cluster_id, kept_id)
        _check_bounds(positions, bounds)
        projection = await self._insist(stop, lambda: self._remember(stop, positions))
        # perishable records may be gone already: begin with the oldest that is there
        start = {each: max(positions.get(each, 0), begin) for each, begin in bounds.begins.items()}
        reader = await self._insist(stop, lambda: self._log.open(start))
        self._watchdog.forget()
        try:
            yield _Session(projection, positions, reader)
        finally:
            await reader.close()

    async def _bounds(self) -> _Bounds:
        bounds = _Bounds({}, {})
        for topic in TOPICS:
            bounds.begins.update(await self._log.begin(topic))
            bounds.ends.update(await self._log.end(topic))
        return bounds

    async def _remember(self, stop: asyncio.Event, positions: Mapping[Partition, int]) -> Projection:
        """The memory at the stored positions: all decisions, folded again without writing anything."""
        projection = Projection(jobs_kept_max=self._jobs_kept_max)
        decided = {partition: end for partition, end in positions.items() if partition.topic == CATALOG.name}
        reader = await self._log.open(dict.fromkeys(decided, 0))
        heard_s = self._clock()
        try:
            while not _reached(reader, decided):
                records = await self._read(reader)
                projection.remember_decisions(each for each in records if each.offset < decided[each.partition])
                if records:
                    heard_s = self._clock()
                elif stop.is_set():
                    raise _StoppedError
                elif self._clock() - heard_s > self._stuck_s:
                    raise LogError(f"{CATALOG.name} does not answer")
        finally:
            await reader.close()
        return projection

    async def _keep(self, session: _Session, intake: Intake, stop: asyncio.Event) -> None:
        projection, positions, _ = session
        if missing := projection.missing_jobs(intake):
            projection.remember_jobs(await self._insist(stop, lambda: self._views.live_jobs(missing)))
        if changed := projection.missing_entities(intake):
            projection.remember_entities(await self._insist(stop, lambda: self._views.known_entities(changed)))
        if intake.reached:
            batch = projection.project(intake, positions)
            await self._insist(stop, lambda: self._views.apply(batch, self._hook))
            positions.update(intake.reached)
            self.tally.batches += 1
            self.tally.records += sum(map(len, intake.said.values())) + len(intake.undecodable)
            self.tally.undecodable += len(intake.undecodable)
            self._conflict_pause_s = RETRY_S
        if intake.newer is not None:
            raise intake.newer

    async def _read(self, reader: Reader) -> Sequence[Record]:
        try:
            async with asyncio.timeout(self._stuck_s + WAIT_S):
                return await reader.read(records_max=self._batch_max, wait_s=WAIT_S)
        except TimeoutError as error:
            raise StuckError("the reader hangs: start the projector again") from error

    async def _look(self, reader: Reader, *, backlog: bool) -> None:
        now_s = self._clock()
        if backlog:
            # while there is more than a batch to read, a partition may rightly have to wait for the others
            self._watchdog.forget()
        if now_s - self._looked_s < self._look_s:
            return
        self._looked_s = now_s
        try:
            ends = (await self._bounds()).ends
        except LogError as error:
            self._watchdog.forget()
            self._say("the log does not answer: %s", error)
            return
        self.tally.lag.look(now_s, ends, reader.positions())
        self._watchdog.look(now_s, reader.positions(), ends)

    async def _insist(self, stop: asyncio.Event, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until it is answered: whatever is away comes back, and nothing is lost by waiting."""
        pause_s = RETRY_S
        while True:
            try:
                return await ask()
            except LostLogError:
                raise
            except (ViewsAwayError, LogError) as error:
                self.tally.state = "waiting"
                self._say("waiting: %s", error)
            self._watchdog.forget()
            await _sleep(stop, pause_s)
            if stop.is_set():
                raise _StoppedError
            pause_s = min(2 * pause_s, RETRY_S_MAX)

    def _say(self, text: str, error: Exception) -> None:
        if (now_s := self._clock()) - self._said_s >= SAY_S:
            self._said_s = now_s
            _log.warning(text, error)


class Runs(Protocol):
    """Something that projects until it is told to stop; raises as `Projector.run`."""

    async def run(self, stop: asyncio.Event) -> None: ...


async def serve(projector: Runs) -> int:
    """Run until SIGTERM or SIGINT; the exit status: 0 after a signal, 1 when a person or a fresh start must help."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE_OBJECTS, *before[1:])
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await projector.run(stop)
    except (LostLogError, NewerFoldError, StuckError) as error:
        _log.critical("the projector stops: %s", error)
        return 1
    finally:
        gc.set_threshold(*before)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    return 0


async def _sleep(stop: asyncio.Event, pause_s: float) -> None:
    try:
        async with asyncio.timeout(pause_s):
            await stop.wait()
    except TimeoutError:
        return


def _reached(reader: Reader, until: Mapping[Partition, int] | None) -> bool:
    if until is None:
        return False
    positions = reader.positions()
    return all(positions[partition] >= end for partition, end in until.items())


def _check_log(cluster_id: str, kept_id: str) -> None:
    if cluster_id != kept_id:
        raise ForeignLogError(
            f"these rows were made of the log {kept_id}, this is the log {cluster_id}: "
            "connect to the old one, or rebuild into a new schema"
        )


def _check_bounds(positions: Mapping[Partition, int], bounds: _Bounds) -> None:
    for partition, position in positions.items():
        if bounds.ends.get(partition, -1) < position:
            raise LostLogError(
                f"{partition.topic}/{partition.number} was read up to {position} and ends at "
                f"{bounds.ends.get(partition, 'nothing')}: the log lost records; restore it from its backup, "
                "or rebuild into a new schema and accept the loss"
            )
    for partition, begin in bounds.begins.items():
        if partition.topic in HISTORIES and begin > positions.get(partition, 0):
            raise LostLogError(
                f"{partition.topic}/{partition.number} begins at {begin}, records before it are gone: "
                "histories must be kept for ever; restore the log from its backup"
            )
