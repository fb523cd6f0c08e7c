"""Lag: records and seconds, whatever of the two sides could be asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.log.lag import MARKS_MAX, Lag
from storage.log.port import Partition

A, B = Partition("a", 0), Partition("b", 0)


def test_nothing_waits_where_everything_was_read() -> None:
    lag = Lag()
    lag.look(10.0, {A: 5, B: 0}, {A: 5})
    assert lag.records() == {"a": 0, "b": 0}
    assert lag.longest_s() == 0.0


def test_seconds_count_from_the_look_that_first_saw_the_record_waiting() -> None:
    lag = Lag()
    lag.look(10.0, {A: 5, B: 1}, {A: 4, B: 1})
    lag.look(13.0, {A: 9, B: 1}, {A: 4, B: 1})
    assert lag.records() == {"a": 5, "b": 0}
    assert lag.seconds() == {"a": 3.0, "b": 0.0}
    lag.look(14.0, {A: 9, B: 1}, {A: 6, B: 1})
    assert lag.seconds()["a"] == 1.0, "the first look's records are read, those of the second wait since then"
    lag.look(15.0, {A: 9, B: 1}, {A: 9, B: 1})
    assert lag.longest_s() == 0.0


def test_a_steady_stream_that_is_read_in_time_never_waits_long() -> None:
    lag = Lag()
    for second in range(100):
        lag.look(float(second), {A: second}, {A: second - 1})
        assert lag.longest_s() <= 1.0


def test_a_log_that_is_away_keeps_what_was_known_of_it() -> None:
    lag = Lag()
    lag.look(1.0, {A: 5}, {A: 3})
    lag.look(4.0, None, {A: 4})
    assert (lag.records(), lag.longest_s()) == ({"a": 1}, 3.0)
    lag.look(5.0, None, {A: 5})
    assert lag.longest_s() == 0.0


def test_read_models_that_are_away_grow_old() -> None:
    lag = Lag()
    lag.look(1.0, {A: 5}, {A: 5})
    lag.look(2.0, {A: 6}, None)
    lag.look(9.0, {A: 8}, None)
    assert (lag.records(), lag.longest_s()) == ({"a": 3}, 7.0)


def test_a_long_outage_needs_no_more_memory() -> None:
    lag = Lag()
    for second in range(3 * MARKS_MAX):
        lag.look(float(second), {A: second + 1}, {A: 0})
    assert len(lag._marks["a"]) == MARKS_MAX
    assert lag.longest_s() == 3 * MARKS_MAX - 1


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=50))
def test_whatever_is_seen_it_is_never_negative(steps: list[tuple[int, int]]) -> None:
    lag, end, read = Lag(), 0, 0
    for now, (grown, taken) in enumerate(steps):
        end, read = end + grown, min(end + grown, read + taken)
        lag.look(float(now), {A: end}, {A: read})
        assert lag.records() == {"a": end - read}
        assert (lag.longest_s() > 0) <= (end > read)
