"""Model structures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from api.client import changing
from api.client.mode import M
from api.client.naming import find
from api.client.operation import Noun, iteration, operation
from api.resources import Dependents, Page, Structure
from api.wishes import StructureEdit, StructureWish


class Structures(Noun[M]):
    """`Client.structures`."""

    @operation
    async def add(
        self, path: Path, class_name: str, *, name: str = "", type_config: Path | None = None, note: str = ""
    ) -> Structure:
        """Store a structure file and make its class known; its name is the class's, unless given.

        `type_config` is a small JSON file with the constructor's keyword arguments for one variant of the network.
        """
        source = await self._core.upload(path)
        config = (await self._core.upload(type_config)).digest if type_config is not None else None
        wish = StructureWish(
            name=name or class_name,
            class_name=class_name,
            digest=source.digest,
            file_name=path.name,
            type_config_digest=config,
            note=note,
        )
        return await self._core.write("/structures", wish, Structure)

    @operation
    async def list(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False, deleted: bool = False
    ) -> Page[Structure]:
        """Structures, newest update first; with `deleted` those that were deleted."""
        return await self._core.read(
            "/structures",
            Page[Structure],
            search=search,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
            deleted=deleted or None,
        )

    @iteration
    def all(self, *, search: str = "", mine: bool = False) -> AsyncIterator[Structure]:
        """Every structure, newest update first, page after page."""
        return self._core.pages("/structures", Page[Structure], search=search, mine=mine or None)

    @operation
    async def get(self, structure_id: UUID) -> Structure:
        """One structure."""
        return await self._core.read(f"/structures/{structure_id}", Structure)

    @operation
    async def find(self, text: str) -> Structure:
        """The structure with this id, unique beginning of one, exact name or class name."""
        return await find(
            self._core,
            "/structures",
            (Structure, Page[Structure]),
            text,
            noun="structure",
            names=lambda structure: (structure.name, structure.class_name),
        )

    @operation
    async def edit(self, structure: Structure, *, name: str | None = None, note: str | None = None) -> Structure:
        """Another name or note; what is None stays. Raises as `changing.edit`."""
        return await changing.edit(self._core, "/structures", structure, StructureEdit(name=name, note=note))

    @operation
    async def delete(self, structure: Structure) -> Structure:
        """Take the structure out of use; raises as `changing.edit`."""
        return await changing.delete(self._core, "/structures", structure)

    @operation
    async def dependents(self, structure: Structure) -> Dependents:
        """What depends on the structure, and outlives it."""
        return await changing.dependents(self._core, "/structures", structure)
