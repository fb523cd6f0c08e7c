"""The JSON of what templates and structures are written with: type configs, the dictionary, differences."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.resources import Moment, Resource, Thing
from schemas.specs.dictionary import Entry, ListName
from schemas.specs.differences import Difference
from schemas.values import ObjectRef


class TypeConfig(Thing, frozen=True, kw_only=True):
    """One version of a type config; `arguments` are the constructor's, in detail answers only."""

    version: str
    file: ObjectRef
    arguments: dict[str, Any] | None = None


class DictionaryList(Resource, frozen=True, kw_only=True):
    """One list of the dictionary as it is now. An edit gives `etag` back in If-Match.

    `entries` are in the order in which forms show them; a preset's have `values`, one for each channel or a single one
    for all. `default` is taken where nothing is said. `updated_at` is None while nobody has edited the list.
    """

    name: ListName
    entries: list[Entry]
    default: str
    etag: str
    updated_at: Moment | None = None


class Dictionary(Resource, frozen=True, kw_only=True):
    """All lists."""

    lists: list[DictionaryList]


class TemplateDiff(Resource, frozen=True, kw_only=True):
    """The fields in which two templates differ, in the order of the document."""

    left: UUID
    right: UUID
    differences: list[Difference]
