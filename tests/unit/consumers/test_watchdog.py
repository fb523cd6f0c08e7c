"""A partition that grows and is not read is noticed; one that is merely slow or quiet is not."""

from __future__ import annotations

import pytest

from consumers.watchdog import StuckError, Watchdog
from storage.log.port import Partition

A, B = Partition("t", 0), Partition("t", 1)


@pytest.fixture
def dog():
    return Watchdog(stuck_s=30)


def test_a_partition_that_stands_still_behind_its_end_is_stuck(dog):
    dog.look(0, {A: 5, B: 1}, {A: 6, B: 1})
    dog.look(29, {A: 5, B: 1}, {A: 9, B: 1})
    with pytest.raises(StuckError, match="t/0 stands at 5 for 30 s, its end is 9"):
        dog.look(30, {A: 5, B: 1}, {A: 9, B: 1})


def test_a_partition_that_moves_is_not_stuck(dog):
    for now in range(0, 300, 20):
        dog.look(now, {A: now}, {A: 1000})


def test_a_quiet_partition_is_not_stuck(dog):
    for now in (0, 100, 200):
        dog.look(now, {A: 7}, {A: 7})
    dog.look(300, {A: 7}, {A: 8})


def test_having_caught_up_in_between_begins_anew(dog):
    dog.look(0, {A: 5}, {A: 6})
    dog.look(20, {A: 6}, {A: 6})
    dog.look(40, {A: 6}, {A: 7})


def test_what_is_forgotten_begins_anew(dog):
    dog.look(0, {A: 5}, {A: 6})
    dog.forget()
    dog.look(100, {A: 5}, {A: 6})
