"""The fair order: users take turns, each user's jobs keep theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from schemas.fairness import Place, fair_order

START = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.dictionaries(st.integers(0, 5), st.lists(st.integers(0, 50), max_size=8)), st.lists(st.integers(0, 9)))
def test_a_job_comes_before_those_of_users_who_have_more(waiting: dict[int, list[int]], running: list[int]):
    queues: dict[UUID, list[Place]] = {}
    number = 0
    for owner, seconds in waiting.items():
        queues[UUID(int=owner)] = []
        for second in sorted(seconds):
            number += 1
            queues[UUID(int=owner)].append((START + timedelta(seconds=second), UUID(int=number)))

    def running_of(owner: UUID) -> int:
        return running[owner.int] if owner.int < len(running) else 0

    expected = sorted(
        (running_of(owner) + place, each) for owner, places in queues.items() for place, each in enumerate(places)
    )
    assert list(fair_order(queues, running_of)) == [job for _, (_, job) in expected]
    capped = list(fair_order(queues, running_of, 3))
    assert capped == [job for turn, (_, job) in expected if turn < 3]
