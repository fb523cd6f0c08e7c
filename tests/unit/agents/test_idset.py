"""The set of ended jobs."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from agents import idset
from agents.idset import IdSet

IDS = st.lists(st.integers(0, 300).map(lambda number: UUID(int=number * ((1 << 128) // 301))), max_size=200)


@given(IDS, IDS)
def test_it_knows_exactly_what_it_was_told(told: list[UUID], others: list[UUID]):
    before, idset.YOUNG_IDS_MAX = idset.YOUNG_IDS_MAX, 8
    try:
        ids = IdSet()
        for each in told:
            ids.add(each)
        again = IdSet(ids.runs())
    finally:
        idset.YOUNG_IDS_MAX = before
    for each in (*told, *others):
        assert (each in ids) == (each in again) == (each in told)


def test_a_million_ids_are_about_sixteen_megabytes():
    ids = IdSet()
    for number in range(200_000):
        ids.add(UUID(int=number))
    runs = ids.runs()
    assert sum(map(len, runs)) == 200_000 * 16
    assert len(ids) == 200_000
    assert UUID(int=199_999) in ids
    assert UUID(int=200_000) not in ids
