"""Things are named by id, by the unique beginning of one, or by their exact name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from api.client.core import Core
from api.client.errors import AmbiguousNameError, UnknownNameError
from api.resources import Page

PAGES_MAX = 50
PAGE_ITEMS_MAX = 200


class Identified(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> UUID: ...


N = TypeVar("N", bound=Identified)


def whole_id(text: str) -> UUID | None:
    """The UUID that the text is, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def choose(noun: str, text: str, items: Iterable[N], names: Callable[[N], tuple[str, ...]]) -> N:
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


def everything(core: Core, path: str, kind: type[Page[N]], /, **query: object) -> list[N]:
    """All items of a list, page after page, at most `PAGES_MAX` pages."""
    items: list[N] = []
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        page = core.read(path, kind, limit=PAGE_ITEMS_MAX, cursor=cursor, **query)
        items += page.items
        if (cursor := page.next) is None:
            break
    return items
