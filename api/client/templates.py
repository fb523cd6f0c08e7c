"""Conversion templates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.client.core import Core
from api.client.mode import M
from api.client.naming import find
from api.client.operation import operation
from api.client.things import Things, edited
from api.resources import Page, Template
from api.terms import TemplateDiff
from api.wishes import TemplateCopyWish, TemplateEdit, TemplateWish


class Templates(Things[M, Template]):
    """`Client.templates`."""

    def __init__(self, core: Core[M]) -> None:
        super().__init__(core, "/templates", Template, Page[Template])

    @operation
    async def add(self, document: dict[str, Any], *, note: str = "") -> Template:
        """Save a template; `document` is the whole of it (schemas.specs.templates)."""
        return await self._core.write("/templates", TemplateWish(document=document, note=note), Template)

    @operation
    async def copy(self, template: Template, name: str, *, note: str | None = None) -> Template:
        """Save the template once more under another name."""
        return await self._core.write(
            f"/templates/{template.id}/copy", TemplateCopyWish(name=name, note=note), Template
        )

    @operation
    async def diff(self, left: UUID, right: UUID) -> TemplateDiff:
        """The fields in which two templates differ."""
        query: dict[str, Any] = {"with": right}
        return await self._core.read(f"/templates/{left}/diff", TemplateDiff, **query)

    @operation
    async def find(self, text: str) -> Template:
        """The template with this id, unique beginning of one, or exact name; with its document."""
        found = await find(
            self._core,
            "/templates",
            (Template, Page[Template]),
            text,
            noun="template",
            names=lambda template: (template.name,),
            search=text,
        )
        return found if found.document else await self._core.read(f"/templates/{found.id}", Template)

    @operation
    async def edit(
        self, template: Template, *, document: dict[str, Any] | None = None, note: str | None = None
    ) -> Template:
        """Another document or note; what is None stays. Raises as `things.edited`."""
        return await edited(self._core, self._path, template, TemplateEdit(document=document, note=note))
