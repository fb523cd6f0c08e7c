"""The dictionary: its lists are edited."""

from __future__ import annotations

from producers.say import Command, Speaker
from schemas.events import DictionaryEdited
from schemas.specs.dictionary import Choices, ListName
from storage.log.port import Position


async def edit(
    speaker: Speaker, command: Command, *, name: ListName, choices: Choices, expected_revision: int
) -> Position:
    """Ask for another list in the place of one; raises as `Speaker.say`."""
    event = DictionaryEdited(
        list_name=name, entries=choices.entries, default=choices.default, expected_revision=expected_revision
    )
    return await speaker.decide(event, command)
