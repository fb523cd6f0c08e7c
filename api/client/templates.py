"""Conversion templates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.client.core import Core
from api.client.naming import choose, everything, whole_id
from api.resources import Page, Template, TemplateWish


class Templates:
    """`Client.templates`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def add(self, document: dict[str, Any], *, note: str = "") -> Template:
        """Save a template; `document` is the whole of it (schemas.specs.templates)."""
        return self._core.write("/templates", TemplateWish(document=document, note=note), Template)

    def list(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False
    ) -> Page[Template]:
        """Templates without their documents, newest update first."""
        return self._core.read(
            "/templates", Page[Template], search=search, limit=limit, cursor=cursor, mine=mine or None
        )

    def get(self, template_id: UUID) -> Template:
        """One template with its document."""
        return self._core.read(f"/templates/{template_id}", Template)

    def find(self, text: str) -> Template:
        """The template with this id, unique beginning of one, or exact name; with its document."""
        if (template_id := whole_id(text)) is not None:
            return self.get(template_id)
        found = everything(self._core, "/templates", Page[Template], search=text)
        return self.get(choose("template", text, found, lambda template: (template.name,)).id)
