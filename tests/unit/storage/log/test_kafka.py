"""A topic that was created a moment ago is not missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from storage.log import kafka


class Asker:
    """A client whose cluster has heard of the topic only when it is asked for the `told_at`-th time."""

    def __init__(self, told_at: int) -> None:
        self.told_at, self.asked = told_at, 0
        self._client = SimpleNamespace(force_metadata_update=self.ask)

    async def ask(self) -> None:
        self.asked += 1

    def partitions_for_topic(self, _topic: str) -> set[int] | None:
        return {0, 1} if self.asked >= self.told_at else None


async def numbers(asker: Any, monkeypatch) -> set[int] | None:
    monkeypatch.setattr(kafka, "_NEW_TOPIC_WAITS_S", (0.0, 0.001, 0.001))
    return await kafka._partition_numbers(asker, "new")


async def test_a_known_topic_is_not_asked_for(monkeypatch):
    asker = Asker(0)
    assert await numbers(asker, monkeypatch) == {0, 1}
    assert asker.asked == 0


async def test_a_topic_that_is_not_known_yet_is_asked_for_again(monkeypatch):
    asker = Asker(3)
    assert await numbers(asker, monkeypatch) == {0, 1}
    assert asker.asked == 3


async def test_a_topic_that_nobody_hears_of_is_none(monkeypatch):
    asker = Asker(100)
    assert await numbers(asker, monkeypatch) is None
    assert asker.asked == 3
