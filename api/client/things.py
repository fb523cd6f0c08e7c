"""What clients can do with every decided thing: list it, get it, change it, delete it, ask what depends on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Generic, TypeVar
from uuid import UUID

from api.client.core import Core
from api.client.mode import M
from api.client.operation import Noun, iteration, operation
from api.resources import Dependents, Page, Thing
from api.wishes import Wish

T = TypeVar("T", bound=Thing)


class Things(Noun[M], Generic[M, T]):
    """A noun of decided things below `path`; each change is based on the thing as its author saw it (its ETag)."""

    def __init__(self, core: Core[M], path: str, kind: type[T], page: type[Page[T]]) -> None:
        super().__init__(core)
        self._path, self._kind, self._page = path, kind, page

    @operation
    async def list(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False, deleted: bool = False
    ) -> Page[T]:
        """A page of them, newest update first; with `deleted` those that were deleted."""
        return await self._core.read(
            self._path,
            self._page,
            search=search,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
            deleted=deleted or None,
        )

    @iteration
    def all(self, *, search: str = "", mine: bool = False) -> AsyncIterator[T]:
        """Every one of them, newest update first, page after page."""
        return self._core.pages(self._path, self._page, search=search, mine=mine or None)

    @operation
    async def get(self, id_: UUID) -> T:
        """One of them, in full."""
        return await self._core.read(f"{self._path}/{id_}", self._kind)

    @operation
    async def delete(self, thing: T) -> T:
        """Take it out of use; the answer has its `deleted_at`. Raises as `edited`."""
        return await deleted(self._core, self._path, thing)

    @operation
    async def dependents(self, thing: T) -> Dependents:
        """What depends on it, and outlives it."""
        return await depending(self._core, self._path, thing)


async def edited(core: Core[M], path: str, thing: T, wish: Wish) -> T:
    """The thing as it is after the edit.

    Raises:
        ProblemError: somebody changed it since (`revision_stale`), or it was deleted. And those of `Core.write`.
    """
    return await core.write(f"{path}/{thing.id}", wish, type(thing), method="PATCH", etag=thing.etag)


async def deleted(core: Core[M], path: str, thing: T) -> T:
    """The thing with its `deleted_at`; raises as `edited`."""
    return await core.write(f"{path}/{thing.id}", None, type(thing), method="DELETE", etag=thing.etag)


async def depending(core: Core[M], path: str, thing: Thing) -> Dependents:
    """What depends on the thing, and outlives it."""
    return await core.read(f"{path}/{thing.id}/dependents", Dependents)
