"""The stream: server-sent events read line by line, and connected again where it was cut."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from api.client.answers import BUSY
from api.client.core import Core
from api.client.errors import ProblemError, UnreachableError
from api.client.wire import ConnectionFailedError
from api.resources import Happened, Said, Story

PAUSE_S = 0.5
PAUSE_S_MAX = 5.0
AWAY_S_MAX = 60.0
"""How long the API may be away before the stream is given up."""
PING_S = 5
"""Longest silence that is asked for; a connection silent for much longer is taken as broken."""

What = Literal["hello", "happened", "resync", "silence"]


class Message(NamedTuple):
    """Something of the stream: `happened` with what did; `resync`: some of it was missed, read again what you show;
    `hello`: connected (again); `silence`: nothing happened for the moment. `id` is where to go on."""

    what: What
    id: str
    happened: Happened | None = None


class Subject(NamedTuple):
    """What is listened to: topics, one entity or any; `recent`: first what is still known of it."""

    topics: tuple[str, ...] = ()
    entity: UUID | None = None
    recent: bool = False


async def messages(core: Core[Any], subject: Subject, last_id: str) -> AsyncIterator[Message]:
    """What happens, and where something was missed; connects again by itself.

    Raises:
        ProblemError: the API refused. UnreachableError: it is away for a minute.
    """
    heard, pause = core.clock(), PAUSE_S
    while True:
        try:
            async with aclosing(connected(core, subject, last_id)) as connection:
                async for message in connection:
                    heard, pause, last_id = core.clock(), PAUSE_S, message.id or last_id
                    if message.what in ("happened", "resync"):
                        yield message
            cause = "the stream ended"
        except ConnectionFailedError as error:
            cause = str(error)
        except ProblemError as error:
            if error.problem.status not in BUSY:
                raise
            cause = error.problem.title
        if core.clock() - heard >= AWAY_S_MAX:
            raise UnreachableError(core.api_url, cause)
        await core.mode.sleep(pause)
        pause = min(pause * 2, PAUSE_S_MAX)


async def said_about(core: Core[Any], entity: UUID) -> AsyncIterator[Said]:
    """Everything that was ever said about one thing or job, oldest first; raises as `Core.read`."""
    after: str | None = None
    while True:
        story = await core.read(f"/entities/{entity}/events", Story, after=after)
        for said in story.items:
            yield said
        if (after := story.next) is None:
            return


async def connected(core: Core[Any], subject: Subject, last_id: str, ping_s: int = PING_S) -> AsyncGenerator[Message]:
    """One connection's messages, until it ends.

    Raises:
        ProblemError: the API refused. ConnectionFailedError: nobody answers, or it was cut.
    """
    asked = {"topics": ",".join(subject.topics), "entity": subject.entity, "recent": subject.recent or None}
    lines = core.lines("/stream", last_id, silence_s=3.0 * ping_s, ping=ping_s, **asked)
    fields: dict[str, str] = {}
    async with aclosing(lines):
        async for line in lines:
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            else:
                yield _message(fields)
                fields = {}


def _message(fields: dict[str, str]) -> Message:
    id_ = fields.get("id", "")
    match fields.get("event", "message"):
        case "hello":
            return Message("hello", id_)
        case "resync":
            return Message("resync", id_)
        case "message" if "data" in fields:
            try:
                return Message("happened", id_, msgspec.json.decode(fields["data"], type=Happened))
            except msgspec.MsgspecError:
                # something of a newer server: what it is about must be read again
                return Message("resync", id_)
    return Message("silence", id_)
