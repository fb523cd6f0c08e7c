"""What the API is given from outside: reads, log, objects, accounts, limits, secrets. It chooses no adapter itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec
from aiohttp import web

from api.kept import Shelf
from api.names import Names
from producers.say import Speaker
from storage.accounts.hashing import Passwords
from storage.accounts.port import Accounts
from storage.accounts.rules import Role
from storage.dataocean.port import Catalogue
from storage.log.port import Log, Partition
from storage.objects.port import UploadStore
from storage.views.rows import (
    AgentRow,
    BusyRow,
    CertificateRow,
    CommandRow,
    EntityRow,
    JobRow,
    KeeperRow,
    ProductRow,
    ProgressRow,
    WaitingRow,
)


class Reads(Protocol):
    """The read models as the API asks them. Every method may raise `ViewsAwayError`, lists also `CursorError`."""

    async def command(self, event_id: UUID) -> CommandRow | None: ...

    async def entity(self, id_: UUID) -> EntityRow | None: ...

    async def entities(
        self,
        kind: str,
        *,
        owner: UUID | None = None,
        search: str = "",
        platform: str = "",
        deleted: bool = False,
        certified: bool | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> tuple[list[EntityRow], str | None]: ...

    async def entities_by_ids(self, ids: Iterable[UUID]) -> list[EntityRow]: ...

    async def children(self, parent_id: UUID, *, limit: int) -> tuple[list[EntityRow], int]: ...

    async def jobs_upon(
        self, entity_id: UUID, *, kinds: Sequence[str], states: Sequence[str], limit: int
    ) -> tuple[list[JobRow], int]: ...

    async def newest_jobs(self, kind: str, subject_ids: Iterable[UUID]) -> Mapping[UUID, JobRow]: ...

    async def job(self, id_: UUID) -> JobRow | None: ...

    async def jobs(
        self,
        *,
        owner: UUID | None = None,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        subject_id: UUID | None = None,
        dataset_id: UUID | None = None,
        search: str = "",
        limit: int = 50,
        cursor: str | None = None,
    ) -> tuple[list[JobRow], str | None]: ...

    async def waiting(self, resource: str, *, limit: int) -> list[WaitingRow]: ...

    async def busy(self) -> list[BusyRow]: ...

    async def jobs_by_ids(self, ids: Iterable[UUID]) -> list[JobRow]: ...

    async def products(self, kind: str, entity_ids: Iterable[UUID]) -> list[ProductRow]: ...

    async def certificates(self, structure_ids: Iterable[UUID]) -> Mapping[UUID, CertificateRow]: ...

    async def product(self, job_id: UUID) -> ProductRow | None: ...

    async def progress(self, job_ids: Iterable[UUID]) -> Mapping[UUID, ProgressRow]: ...

    async def agents(self) -> list[AgentRow]: ...

    async def positions(self) -> Mapping[Partition, int]: ...

    async def keeper(self) -> KeeperRow | None: ...

    async def job_counts(self) -> list[tuple[str, str, str, int]]: ...

    async def undecodable_count(self) -> int: ...

    @property
    def schema(self) -> str: ...


class Waits(Protocol):
    """Waits until the read models have seen a record."""

    async def wait_position(self, partition: Partition, offset: int, *, timeout_s: float) -> bool: ...


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """How people come in. `hosts` are names, beside those of this machine, by which the API may be reached;
    `public_url` is where people find it behind a proxy; whoever registers gets the role `new_role`, if anybody may;
    `sign_in_links` is whether a token makes links that sign a browser in, which the stack of one machine alone lets it.
    """

    hosts: frozenset[str] = frozenset()
    public_url: str = ""
    registration: bool = True
    new_role: Role = "engineer"
    sign_in_links: bool = True

    @property
    def over_tls(self) -> bool:
        """Whether people reach it over TLS, so that cookies may say so."""
        return self.public_url.startswith("https://")


class Deps(msgspec.Struct, frozen=True, kw_only=True):
    """Everything `create_app` needs. Seconds end in `_s`, bytes in `_bytes_max`.

    `outcome_wait_s` is how long a write waits for its outcome, `read_wait_s` how long a read waits for the position it
    names and a grant for the claim; `grant_s` how long a job's token lives: longer than any job. `user_running_max` is
    how many jobs agents let one user have running; `uploads_max` how many uploads in pieces may be unfinished,
    `upload_s` how long one may take from its beginning. `catalogue` has packages that the operator keeps ready,
    if there are any.
    """

    views: Reads
    watcher: Waits
    log: Log
    speaker: Speaker
    objects: UploadStore
    agent_secret: str
    token_secret: str
    upload_bytes_max: int
    accounts: Accounts
    passwords: Passwords
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    outcome_wait_s: float = 2.0
    read_wait_s: float = 2.0
    grant_s: float = 2 * 3600.0
    user_running_max: int = 64
    uploads_max: int = 64
    upload_s: float = 24 * 3600.0
    catalogue: Catalogue | None = None
    doors: Doors = Doors()
    shelf: Shelf = msgspec.field(default_factory=Shelf)
    names: Names = msgspec.field(default_factory=Names)


DEPS = web.AppKey("deps", Deps)


def deps_of(request: web.Request) -> Deps:
    """What the application was made with."""
    return request.app[DEPS]
