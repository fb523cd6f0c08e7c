"""The dictionary as it is now: what was decided about each list, else what it begins with."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from api.deps import Deps
from api.errors import ApiRefusal
from api.present import etag
from api.terms import DictionaryList
from schemas.events import DictionaryEdited
from schemas.specs.dictionary import LIST_NAMES, Choices, ListName, Lists, list_id, seeds
from storage.views.rows import EntityRow

UNTOUCHED = '"1"'
"""The ETag of a list that nobody has edited."""


async def lists_now(deps: Deps) -> Lists:
    """Every list's choices."""
    return {each.name: Choices(tuple(each.entries), each.default) for each in await shown_lists(deps)}


async def shown_lists(deps: Deps) -> list[DictionaryList]:
    """Every list, in the order in which it is documented."""
    rows = {row.id: row for row in await deps.views.entities_by_ids(map(list_id, LIST_NAMES))}
    return [shown(name, rows.get(list_id(name))) for name in LIST_NAMES]


def shown(name: ListName, row: EntityRow | None) -> DictionaryList:
    """One list: of its row, else as it begins."""
    if row is None:
        seed = seeds()[name]
        return DictionaryList(name=name, entries=list(seed.entries), default=seed.default, etag=UNTOUCHED)
    said = msgspec.json.decode(row.document, type=DictionaryEdited)
    return DictionaryList(
        name=name, entries=list(said.entries), default=said.default, etag=etag(row), updated_at=row.updated_at
    )


def list_name(text: str) -> ListName:
    """The list that a path names.

    Raises:
        ApiRefusal: there is none (404).
    """
    for name in LIST_NAMES:
        if name == text:
            return name
    raise ApiRefusal(HTTPStatus.NOT_FOUND, "dictionary_list_unknown", name=text[:100], known=", ".join(LIST_NAMES))
