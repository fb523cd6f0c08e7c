"""Edits and deletions of decided things, each based on the thing as its author saw it."""

from __future__ import annotations

from typing import TypeVar

from api.client.core import Core
from api.client.mode import M
from api.resources import Dependents, Thing
from api.wishes import Wish

T = TypeVar("T", bound=Thing)


async def edit(core: Core[M], path: str, thing: T, wish: Wish) -> T:
    """The thing as it is after the edit.

    Raises:
        ProblemError: somebody changed it since (`revision_stale`), or it was deleted. And those of `Core.write`.
    """
    return await core.write(f"{path}/{thing.id}", wish, type(thing), method="PATCH", etag=thing.etag)


async def delete(core: Core[M], path: str, thing: T) -> T:
    """The thing with its `deleted_at`; raises as `edit`."""
    return await core.write(f"{path}/{thing.id}", None, type(thing), method="DELETE", etag=thing.etag)


async def dependents(core: Core[M], path: str, thing: Thing) -> Dependents:
    """What depends on the thing, and outlives it."""
    return await core.read(f"{path}/{thing.id}/dependents", Dependents)
