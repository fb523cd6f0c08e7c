"""Model structures."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from api.client.core import Core
from api.client.naming import choose, everything, whole_id
from api.resources import Page, Structure, StructureWish


class Structures:
    """`Client.structures`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def add(
        self, path: Path, class_name: str, *, name: str = "", type_config: Path | None = None, note: str = ""
    ) -> Structure:
        """Store a structure file and make its class known; its name is the class's, unless given.

        `type_config` is a small JSON file with the constructor's keyword arguments for one variant of the network.
        """
        source = self._core.upload(path)
        config = self._core.upload(type_config).digest if type_config is not None else None
        wish = StructureWish(
            name=name or class_name,
            class_name=class_name,
            digest=source.digest,
            file_name=path.name,
            type_config_digest=config,
            note=note,
        )
        return self._core.write("/structures", wish, Structure)

    def list(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False
    ) -> Page[Structure]:
        """Structures, newest update first."""
        return self._core.read(
            "/structures", Page[Structure], search=search, limit=limit, cursor=cursor, mine=mine or None
        )

    def get(self, structure_id: UUID) -> Structure:
        """One structure."""
        return self._core.read(f"/structures/{structure_id}", Structure)

    def find(self, text: str) -> Structure:
        """The structure with this id, unique beginning of one, exact name or class name."""
        if (structure_id := whole_id(text)) is not None:
            return self.get(structure_id)
        found = everything(self._core, "/structures", Page[Structure])
        return choose("structure", text, found, lambda structure: (structure.name, structure.class_name))
