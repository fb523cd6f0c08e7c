"""What every keeper of read models promises the projector: positions and rows change together, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from storage.log.port import Partition
from storage.views.rows import (
    AgentRow,
    CommandRow,
    EntityRow,
    JobRow,
    ProductRow,
    ProgressRow,
    UndecodableRow,
)

Point = Literal["before_update", "after_update", "before_commit", "after_commit"]
Hook = Callable[[Point], Awaitable[None] | None]
"""Called at the named points of `apply`; fault tests die there."""


class ViewsError(Exception):
    """Something about the read models went wrong; the text says what to do."""


class ViewsAwayError(ViewsError):
    """The database cannot be asked now: try again later. A change may have been kept or not."""


class OffsetConflictError(ViewsError):
    """Somebody else moved the positions; nothing of the batch was kept. Read the state again."""


class CursorError(ValueError):
    """This is no cursor of ours: start the list again without one."""


class Advance(NamedTuple):
    """A partition's next offset before and after a batch."""

    old: int
    new: int


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What some records change: rows (at most one a key) and how far the records reach."""

    advances: Mapping[Partition, Advance]
    commands: Sequence[CommandRow] = ()
    entities: Sequence[EntityRow] = ()
    jobs: Sequence[JobRow] = ()
    products: Sequence[ProductRow] = ()
    progress: Sequence[ProgressRow] = ()
    agents: Sequence[AgentRow] = ()
    undecodable: Sequence[UndecodableRow] = ()


class Store(Protocol):
    """What the projector needs of read models. Every method may raise `ViewsAwayError`."""

    async def migrate(self) -> None:
        """Make the tables that are missing; harmless when they are there and when two do it at once."""
        ...

    async def identity(self, cluster_id: str) -> str:
        """The log these rows were made of; `cluster_id` becomes it if none is known yet."""
        ...

    async def positions(self) -> Mapping[Partition, int]:
        """The next offset of each partition that was ever projected."""
        ...

    async def live_jobs(self, ids: Iterable[UUID]) -> dict[UUID, JobRow]:
        """The rows of those of the jobs that are known, to fold on from."""
        ...

    async def known_entities(self, ids: Iterable[UUID]) -> dict[UUID, EntityRow]:
        """The rows of those of the decided things that are known, to fold on from."""
        ...

    async def apply(self, batch: Batch, hook: Hook | None = None) -> None:
        """Keep the batch's rows and positions, all or nothing.

        Raises:
            OffsetConflictError: a stored position is not the batch's old one; nothing was kept.
        """
        ...
