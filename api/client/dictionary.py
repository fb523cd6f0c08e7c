"""The dictionary: the lists that templates and uploads choose from."""

from __future__ import annotations

from collections.abc import Sequence

from api.client.mode import M
from api.client.operation import Noun, operation
from api.terms import Dictionary, DictionaryList
from api.wishes import DictionaryWish
from schemas.specs.dictionary import Entry, ListName


class Dictionaries(Noun[M]):
    """`Client.dictionary`."""

    @operation
    async def get(self) -> Dictionary:
        """Every list with its entries and its default."""
        return await self._core.read("/dictionary", Dictionary)

    @operation
    async def list(self, name: ListName) -> DictionaryList:
        """One list."""
        return await self._core.read(f"/dictionary/{name}", DictionaryList)

    @operation
    async def edit(self, before: DictionaryList, *, entries: Sequence[Entry], default: str) -> DictionaryList:
        """Put another list in the place of the one that was read. Raises as `things.edited`."""
        wish = DictionaryWish(entries=[*entries], default=default)
        return await self._core.write(
            f"/dictionary/{before.name}", wish, DictionaryList, method="PUT", etag=before.etag
        )
