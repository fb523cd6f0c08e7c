"""Model structures, and the type configs that say which variant of a network is meant."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from api.client.core import Core
from api.client.mode import M
from api.client.naming import choose, find
from api.client.operation import operation
from api.client.things import Things, edited
from api.resources import Page, Structure
from api.terms import TypeConfig
from api.wishes import StructureEdit, StructureWish, TypeConfigWish


class Structures(Things[M, Structure]):
    """`Client.structures`."""

    def __init__(self, core: Core[M]) -> None:
        super().__init__(core, "/structures", Structure, Page[Structure])

    @operation
    async def list(
        self,
        *,
        search: str = "",
        limit: int = 50,
        cursor: str | None = None,
        mine: bool = False,
        deleted: bool = False,
        certified: bool | None = None,
    ) -> Page[Structure]:
        """A page of them, newest update first; `certified` ones only, or (False) only the others."""
        return await self._core.read(
            self._path,
            Page[Structure],
            search=search,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
            deleted=deleted or None,
            certified=certified,
        )

    @operation
    async def add(
        self,
        path: Path,
        class_name: str,
        *,
        name: str = "",
        type_config: Path | TypeConfig | None = None,
        note: str = "",
    ) -> Structure:
        """Store a structure's `.py` file, or a zip of several, and make its class known; its name is the class's,
        unless given.

        `type_config` holds the constructor's keyword arguments for one variant of the network: one that is known, or a
        JSON or YAML file that becomes the next version under the file's name (none where the newest one is the same).
        """
        source = await self._core.upload(path)
        config = await self._added(type_config) if isinstance(type_config, Path) else type_config
        wish = StructureWish(
            name=name or class_name,
            class_name=class_name,
            digest=source.digest,
            file_name=path.name,
            type_config_id=config.id if config is not None else None,
            note=note,
        )
        return await self._core.write("/structures", wish, Structure)

    async def _added(self, path: Path, name: str = "", note: str = "") -> TypeConfig:
        stored = await self._core.upload(path)
        wanted = name or path.stem
        async for known in self._core.pages("/type-configs", Page[TypeConfig], search=wanted):
            if known.name == wanted:
                if known.file.digest == stored.digest:
                    return known
                break
        wish = TypeConfigWish(name=wanted, digest=stored.digest, file_name=path.name, note=note)
        return await self._core.write("/type-configs", wish, TypeConfig)

    @operation
    async def add_config(self, path: Path, *, name: str = "", note: str = "") -> TypeConfig:
        """Store a JSON or YAML file as the next version of the type config `name` (the file's, unless given); where the
        newest version is the same, that one."""
        return await self._added(path, name, note)

    @operation
    async def list_configs(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False
    ) -> Page[TypeConfig]:
        """Type configs, every version, newest first."""
        return await self._core.read(
            "/type-configs", Page[TypeConfig], search=search, limit=limit, cursor=cursor, mine=mine or None
        )

    @operation
    async def get_config(self, config_id: UUID) -> TypeConfig:
        """One version of a type config, with its arguments."""
        return await self._core.read(f"/type-configs/{config_id}", TypeConfig)

    @operation
    async def find_config(self, text: str) -> TypeConfig:
        """The type config with this id, unique beginning of one, or `name@version`; of a name alone the newest
        version. With its arguments."""
        items = [each async for each in self._core.pages("/type-configs", Page[TypeConfig])]
        named = [each for each in items if text in (each.name, f"{each.name}@{each.version}")]
        found = choose("type_config", text, named[:1] or items, lambda _: () if not named else (text,))
        return await self._core.read(f"/type-configs/{found.id}", TypeConfig)

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
