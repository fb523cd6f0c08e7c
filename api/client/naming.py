"""Things are named by id, by the unique beginning of one, or by their exact name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from api.client.core import Core
from api.client.errors import AmbiguousNameError, UnknownNameError
from api.client.mode import M
from api.resources import Page

ITEMS_MAX = 10_000


class Identified(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> UUID: ...


N = TypeVar("N", bound=Identified)
Names = Callable[[N], tuple[str, ...]]
"""What a thing may be called besides its id."""


def whole_id(text: str) -> UUID | None:
    """The UUID that the text is, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def choose(noun: str, text: str, items: Iterable[N], names: Names[N]) -> N:
    """The one item with this exact name, else the one whose id begins with the text.

    Raises:
        UnknownNameError, AmbiguousNameError: not exactly one.
    """
    distinct = {item.id: item for item in items}
    named = [item for item in distinct.values() if text in names(item)]
    found = named or [item for item in distinct.values() if str(item.id).startswith(text.lower())]
    if not found:
        raise UnknownNameError(noun, text)
    if len(found) > 1:
        raise AmbiguousNameError(noun, text, [str(item.id) for item in found])
    return found[0]


async def find(
    core: Core[M], path: str, kinds: tuple[type[N], type[Page[N]]], text: str, *, noun: str, names: Names[N],
    search: str = "",
) -> N:  # fmt: skip
    """The one thing of the list at `path` (`kinds`: its type, its page's) that is named by `text`.

    `search` narrows the list where the server can; at most `ITEMS_MAX` things are looked at.

    Raises:
        UnknownNameError, AmbiguousNameError: not exactly one. And those of `Core.read`.
    """
    kind, page = kinds
    if (id_ := whole_id(text)) is not None:
        return await core.read(f"{path}/{id_}", kind)
    items: list[N] = []
    async for item in core.pages(path, page, search=search):
        items.append(item)
        if len(items) >= ITEMS_MAX:
            break
    return choose(noun, text, items, names)
