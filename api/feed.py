"""What happened lately, in one ring, and a bounded queue for each reader of it. Pure but for waking those who wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterator
from typing import NamedTuple
from uuid import UUID

import msgspec

from api.resources import Happened
from api.texts import render

RING_MAX = 10_000
"""Messages that a reader who comes back may have missed."""
QUEUE_MAX = 256
"""Messages that may wait for one reader; a slower one starts over."""
READERS_MAX = 500
PROGRESS_S_MIN = 0.25
"""Shortest time between two progress messages of a job."""


class Frame(msgspec.Struct):
    """One message with its number in the ring; its text is made once for each language."""

    number: int
    happened: Happened
    _texts: dict[str, bytes] = {}

    def text(self, lang: str) -> bytes:
        """The message as JSON, its reason rendered for the reader."""
        if lang not in self._texts:
            reason = self.happened.reason
            said = msgspec.structs.replace(self.happened, message=render(reason, lang) if reason else "")
            self._texts[lang] = msgspec.json.encode(said)
        return self._texts[lang]


class Wanted(NamedTuple):
    """What a reader wants to hear of: topics, and one entity or any."""

    topics: frozenset[str]
    entity: UUID | None = None

    def has(self, happened: Happened) -> bool:
        """Whether the message is for this reader."""
        if self.entity is not None and self.entity not in happened.ids:
            return False
        return not self.topics.isdisjoint(happened.topics)


class Taken(NamedTuple):
    """What a reader gets next. `resync`: something was left out before the frames; `after` names the place before."""

    resync: bool
    after: int
    frames: list[Frame]


class Subscription:
    """One reader's queue. `ended` is set when nothing will come any more."""

    def __init__(
        self, wanted: Wanted, missed: list[Frame], *, resync: bool, last: int, whose: Collection[UUID] = ()
    ) -> None:
        self.wanted, self.whose = wanted, whose
        self.ended = False
        self._frames = deque(missed)
        self._resync, self._last = resync, last
        self._wake = asyncio.Event()
        if missed or resync:
            self._wake.set()

    def offer(self, frame: Frame) -> None:
        """Queue the message; where the queue is full all of it is left out, and the reader told so."""
        self._last = frame.number
        if len(self._frames) >= QUEUE_MAX:
            self.lose()
        elif self.wanted.has(frame.happened):
            self._frames.append(frame)
            self._wake.set()

    def lose(self) -> None:
        """What waits is left out: the reader has to read its resources again."""
        self._frames.clear()
        self._resync = True
        self._wake.set()

    def end(self) -> None:
        """Wake the reader for the last time."""
        self.ended = True
        self._wake.set()

    async def take(self, wait_s: float) -> Taken:
        """All that waits; after `wait_s` seconds without anything, or at the end, no frames."""
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        frames, resync = list(self._frames), self._resync
        self._frames.clear()
        self._resync = False
        if not self.ended:
            self._wake.clear()
        return Taken(resync, frames[0].number - 1 if frames else self._last, frames)


class Hub:
    """The ring and its readers. Ids are `boot-number`: those of another boot mean that the process started anew."""

    def __init__(self, boot: str) -> None:
        self._boot = boot
        self._ring: deque[Frame] = deque(maxlen=RING_MAX)
        self._last = self._floor = 0
        self._readers: set[Subscription] = set()

    @property
    def readers(self) -> int:
        """How many read now."""
        return len(self._readers)

    def id(self, number: int) -> str:
        """The id of a place in the ring."""
        return f"{self._boot}-{number}"

    def publish(self, happened: Happened) -> None:
        """Give the message to everybody who wants it."""
        self._last += 1
        frame = Frame(self._last, happened, {})
        self._ring.append(frame)
        for reader in self._readers:
            reader.offer(frame)

    def subscribe(
        self, wanted: Wanted, last_id: str, *, recent: bool = False, whose: Collection[UUID] = ()
    ) -> Subscription | None:
        """A reader who begins now, with `recent` at what is still known, or goes on behind `last_id` where that is
        known; None: there are too many. `whose` are the ids of the person, and of the session or token."""
        if len(self._readers) >= READERS_MAX:
            return None
        missed: list[Frame] | None = None if last_id else []
        if recent and not last_id:
            missed = [frame for frame in self._ring if wanted.has(frame.happened)][-QUEUE_MAX:]
        elif (number := self._number(last_id)) is not None:
            missed = [frame for frame in self._since(number) if wanted.has(frame.happened)]
        if missed is None or len(missed) > QUEUE_MAX:
            reader = Subscription(wanted, [], resync=True, last=self._last, whose=whose)
        else:
            reader = Subscription(wanted, missed, resync=False, last=self._last, whose=whose)
        self._readers.add(reader)
        return reader

    def leave(self, reader: Subscription) -> None:
        """Forget a reader."""
        self._readers.discard(reader)

    def resync(self) -> None:
        """Something may have been missed by everybody."""
        self._ring.clear()
        self._floor = self._last = self._last + 1
        for reader in self._readers:
            reader.lose()

    def end(self, id_: UUID, *, but: UUID | None = None) -> None:
        """End the readers of a person, of a session or of a token; not those of the session `but`."""
        for reader in self._readers:
            if id_ in reader.whose and but not in reader.whose:
                reader.end()

    def close(self) -> None:
        """End all readers."""
        for reader in self._readers:
            reader.end()

    def _number(self, id_: str) -> int | None:
        """The place that an id names, if everything behind it is in the ring."""
        boot, _, text = id_.rpartition("-")
        if boot != self._boot or not (text.isascii() and text.isdecimal() and len(text) <= len(str(2**63))):
            return None
        first = self._ring[0].number - 1 if self._ring else self._floor
        return int(text) if max(first, self._floor) <= int(text) <= self._last else None

    def _since(self, number: int) -> Iterator[Frame]:
        return (frame for frame in self._ring if frame.number > number)


class Steady:
    """Lets a job's progress through at most every `PROGRESS_S_MIN`; of what comes faster only the newest."""

    def __init__(self) -> None:
        self._told: dict[UUID, float] = {}
        self._held: dict[UUID, Happened] = {}

    def take(self, job: UUID, happened: Happened, now_s: float) -> Happened | None:
        """The message if it may be said now; else it is held."""
        if now_s - self._told.get(job, float("-inf")) < PROGRESS_S_MIN:
            self._held[job] = happened
            return None
        self._told[job] = now_s
        return happened

    def forget(self, job: UUID) -> None:
        """The job went on to something else: progress that was held is old."""
        self._held.pop(job, None)

    def due(self, now_s: float) -> list[Happened]:
        """The held messages whose time has come."""
        self._told = {job: told for job, told in self._told.items() if now_s - told < PROGRESS_S_MIN}
        ready = [job for job in self._held if job not in self._told]
        self._told |= dict.fromkeys(ready, now_s)
        return [self._held.pop(job) for job in ready]
