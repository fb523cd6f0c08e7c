"""Choosing for all at once ends where choosing one after the other ends."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.evaluation.metrics.choosing import chosen

wishes = st.lists(st.lists(st.integers(0, 5), unique=True, min_size=1), max_size=8)


@given(wishes, st.lists(st.booleans(), min_size=6, max_size=6))
def test_everybody_gets_the_first_wish_that_is_free(told: list[list[int]], many: list[bool]):
    pairs = [(who, wish) for who, list_ in enumerate(told) for wish in list_]
    free = set(range(6))
    wanted = []
    for who, list_ in enumerate(told):
        for wish in list_:
            if wish in free:
                wanted.append((who, wish))
                free -= set() if many[wish] else {wish}
                break
    columns = np.array(pairs, np.int64).reshape(-1, 2).T
    places = chosen(columns[0], columns[1], np.array(many))
    assert [pairs[place] for place in places] == wanted
