"""Puts an event into the log: envelope, bytes, topic, append."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from schemas.codec import decode, encode
from schemas.envelope import Envelope
from schemas.events import Event
from schemas.lifecycle import FOLD_VERSION
from schemas.topics import topic_of
from storage.log.port import Log, Message, Position


class Command(NamedTuple):
    """What somebody asked for: its id is the id of the first event it becomes, so asking twice is asking once."""

    id: UUID
    actor: UUID
    request_digest: str


class Speaker:
    """Says events under one name. `clock` gives the time with its zone; appends are given up after `deadline_s`."""

    def __init__(self, log: Log, source: str, clock: Callable[[], datetime], deadline_s: float) -> None:
        self._log = log
        self._source = source
        self._clock = clock
        self._deadline_s = deadline_s

    async def say(
        self, event: Event, *, id: UUID, actor: UUID, cause: UUID | None = None, request_digest: str = ""  # noqa: A002
    ) -> Position:  # fmt: skip
        """Append the event and return where it lies.

        Raises:
            AppendUnknownError: no answer within the deadline; say it again under the same id.
            LogError: it was not kept.
            TooLongError: the event's bulky part belongs into an object.
            DecodeError: the event does not fit its own type, so nobody could read it; a fault of the caller.
        """
        envelope = Envelope(
            id=id,
            event=event,
            time=self._clock(),
            source=self._source,
            actor=actor,
            fold_version=FOLD_VERSION,
            cause=cause,
            request_digest=request_digest,
        )
        key, value, headers = encode(envelope)
        # Structs do not check limits when they are made, and what readers cannot read would stay in the log for ever.
        decode(value, headers)
        message = Message(topic_of(type(event)).name, key, value, headers)
        return await self._log.append(message, deadline_s=self._deadline_s)

    async def decide(self, event: Event, command: Command) -> Position:
        """Say the event that the command is; raises as `say`."""
        return await self.say(event, id=command.id, actor=command.actor, request_digest=command.request_digest)

    async def follow(self, event: Event, command: Command, id: UUID) -> Position:  # noqa: A002
        """Say a consequence of the command under an id derived from it; raises as `say`."""
        return await self.say(
            event, id=id, actor=command.actor, cause=command.id, request_digest=command.request_digest
        )
