"""What surrounds an event: CloudEvents 1.0 attributes, who said it and why."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from schemas.events import Event

NAMESPACE = UUID("6d6f2d65-7665-5e74-8000-6d6f2d6c6f67")
"""Root of every id that is derived rather than drawn."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its circumstances.

    `actor` is an opaque id (names are joined when read), `cause` the event that led to this one, `fold_version` the
    meaning under which it was said, `request_digest` the digest of the request body that an idempotency key covers.
    `signature` is reserved and empty: nothing signs or checks it yet.
    """

    id: UUID
    event: Event
    time: datetime
    source: str
    actor: UUID
    fold_version: int
    cause: UUID | None = None
    request_digest: str = ""
    signature: str = ""

    @property
    def name(self) -> str:
        return type(self.event).__name__


def derived_id(cause: UUID, *parts: str) -> UUID:
    """The id of a consequence: the same cause and parts give the same id, so saying it twice is saying it once."""
    return uuid5(cause, "/".join(parts))


def command_id(actor: UUID, route: str, idempotency_key: str) -> UUID:
    """The id of a command: the same actor, route and key give the same id."""
    return uuid5(NAMESPACE, f"{actor}\n{route}\n{idempotency_key}")
