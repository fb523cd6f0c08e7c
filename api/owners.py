"""Resources with the names of the people whose ids they carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from api.deps import Deps

R = TypeVar("R", bound=msgspec.Struct)


async def named(deps: Deps, items: Sequence[R]) -> list[R]:
    """The resources with the names of their owners, those of the jobs in them included."""
    names = await deps.names.of(deps.accounts, (owner for each in items for owner in _owners(each)))
    return [_with(each, names) for each in items]


async def named_one(deps: Deps, item: R) -> R:
    """As `named`, of one."""
    return (await named(deps, [item]))[0]


def _owners(item: Any) -> list[UUID]:
    owners = [] if (owner := getattr(item, "owner", None)) is None else [owner]
    return owners + (_owners(item.job) if hasattr(item, "job") else [])


def _with(item: Any, names: dict[UUID, str]) -> Any:
    changes: dict[str, Any] = {}
    if hasattr(item, "owner"):
        changes["owner_name"] = names[item.owner]
    if hasattr(item, "job"):
        changes["job"] = _with(item.job, names)
    return msgspec.structs.replace(item, **changes)
