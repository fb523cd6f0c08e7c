"""Guesses: some are free, then waits double up to a bound; what is old is forgotten, and memory is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api import limits
from api.limits import FORGOTTEN_S, WAIT_S_MAX, Limit, Limits

ONE = (Limit("a", 3),)


def tried(times: int, at_s: float = 0.0) -> Limits:
    made = Limits()
    for _ in range(times):
        made.begin(ONE, at_s)
    return made


def test_some_are_free_and_then_waits_double_up_to_a_bound():
    assert [tried(times).wait_s(ONE, 0.0) for times in range(7)] == [0, 0, 0, 1, 2, 4, 8]
    assert tried(100).wait_s(ONE, 0.0) == WAIT_S_MAX
    assert tried(4).wait_s(ONE, 1.5) == 0.5


def test_a_bound_of_its_own_is_kept_to():
    assert tried(100).wait_s([Limit("a", 3, wait_s_max=5.0)], 0.0) == 5.0


def test_what_is_long_ago_is_forgotten():
    assert tried(100).wait_s(ONE, FORGOTTEN_S) == 0


def test_a_right_one_does_not_count_and_the_others_do():
    made = tried(4)
    made.succeed(ONE)
    assert made.wait_s(ONE, 0.0) == 1
    made.forget("a")
    assert made.wait_s(ONE, 0.0) == 0
    made.succeed(ONE)


def test_the_longest_wait_of_several_keys_holds():
    made = tried(5)
    assert made.wait_s((*ONE, Limit("b", 1)), 0.0) == 4
    assert made.wait_s((Limit("b", 1),), 0.0) == 0


def test_so_many_keys_are_known_and_no_more(monkeypatch):
    monkeypatch.setattr(limits, "KEYS_MAX", 10)
    made = Limits()
    for number in range(100):
        made.begin((Limit(number, 1),), 0.0)
    assert len(made._tried) == 10
    assert made.wait_s((Limit(99, 1),), 0.0) == 1


@given(st.lists(st.floats(0, 10), max_size=60))
def test_however_they_come_a_guesser_gets_few(pauses):
    made, now_s, let_through = Limits(), 0.0, 0
    for pause in pauses:
        now_s += pause
        if made.wait_s(ONE, now_s) == 0:
            made.begin(ONE, now_s)
            let_through += 1
    # waits double, so that in T seconds at most 3 + log2(T + 1) + 1 get through
    assert 2 ** max(0, let_through - 4) <= now_s + 1 + 1e-6 or let_through <= 4
