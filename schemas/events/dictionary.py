"""The dictionary: lists that forms offer."""

from __future__ import annotations

from schemas.events.base import Change
from schemas.specs.dictionary import Entry, EntryName, ListName, list_id


class DictionaryEdited(Change, frozen=True, kw_only=True):
    """A list is to be this from now on, all of it. What was made with earlier entries stays as it is.

    Every list is there from the beginning, with what `schemas.specs.dictionary` gives it, as revision 1.
    """

    list_name: ListName
    entries: tuple[Entry, ...]
    default: EntryName

    def subject(self) -> str:
        return str(list_id(self.list_name))
