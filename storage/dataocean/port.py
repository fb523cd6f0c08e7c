"""What every catalogue of packages promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Literal, NamedTuple, Protocol
from uuid import UUID, uuid5

ITEMS_MAX = 1000
FILES_MAX = 1_000_000
NAME_CHARS_MAX = 200
_SPACE = UUID("6d6f2d64-6174-5173-8000-6f6365616e00")

Kind = Literal["zip", "folder"]


class CatalogueError(Exception):
    """The catalogue cannot be asked now, or refuses us; the text says what to do."""


class ItemUnknownError(CatalogueError):
    """Nothing in the catalogue has that id (any more)."""


class ItemTooLargeError(CatalogueError):
    """The item has more files than a package may have."""


class Item(NamedTuple):
    """A package in the catalogue. `name` is a label, and the id is made of it: nobody's text is ever made a path.

    `size_bytes` and `changed_at` are unknown (None) where the catalogue does not say without looking into it.
    """

    id: UUID
    name: str
    kind: Kind
    size_bytes: int | None
    changed_at: datetime | None


def item_id(name: str) -> UUID:
    """The id of the item of that name, the same in every listing."""
    return uuid5(_SPACE, name)


class Catalogue(Protocol):
    """Packages that may be imported: zips, and folders, which become zips on the way."""

    async def items(self) -> list[Item]:
        """The first `ITEMS_MAX` of them by name.

        Raises:
            CatalogueError: it cannot be asked.
        """
        ...

    def content(self, id_: UUID) -> AsyncIterator[bytes]:
        """The item's bytes, a zip, in chunks; links in it are passed over.

        Raises:
            ItemUnknownError, ItemTooLargeError, CatalogueError.
        """
        ...

    async def close(self) -> None: ...
