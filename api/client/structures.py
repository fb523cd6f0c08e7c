"""Model structures."""

from __future__ import annotations

from pathlib import Path

from api.client.core import Core
from api.client.mode import M
from api.client.naming import find
from api.client.operation import operation
from api.client.things import Things, edited
from api.resources import Page, Structure
from api.wishes import StructureEdit, StructureWish


class Structures(Things[M, Structure]):
    """`Client.structures`."""

    def __init__(self, core: Core[M]) -> None:
        super().__init__(core, "/structures", Structure, Page[Structure])

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
        """Another name or note; what is None stays. Raises as `things.edited`."""
        return await edited(self._core, self._path, structure, StructureEdit(name=name, note=note))
