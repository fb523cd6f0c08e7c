"""Both ways to wait: coroutines run to their end at once, or handed on; iterations closed when they are left early."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from api.client.mode import Awaiting, Blocking, finished


class Numbers:
    """Counts, and knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    async def __call__(self, last: int) -> AsyncIterator[int]:
        try:
            for number in range(last):
                yield number
        finally:
            self.closed = True


def test_a_coroutine_that_never_waits_is_finished_at_once() -> None:
    async def answer() -> int:
        return await nested() + 1

    async def nested() -> int:
        return 41

    assert Blocking().run(answer()) == 42


def test_what_goes_wrong_inside_comes_out() -> None:
    async def fail() -> None:
        raise KeyError("inside")

    with pytest.raises(KeyError):
        finished(fail())


def test_what_has_to_be_awaited_is_refused() -> None:
    with pytest.raises(RuntimeError, match="asynchronous client"):
        finished(asyncio.sleep(0))


def test_an_iteration_is_walked_and_closed_also_when_left_early() -> None:
    numbers = Numbers()
    assert list(Blocking().iterate(numbers(3))) == [0, 1, 2]
    assert numbers.closed
    numbers = Numbers()
    for number in (walk := Blocking().iterate(numbers(3))):
        if number == 1:
            break
    walk.close()  # type: ignore[attr-defined]
    assert numbers.closed


async def test_the_awaiting_mode_hands_everything_on() -> None:
    numbers, mode = Numbers(), Awaiting()
    assert [number async for number in mode.iterate(numbers(2))] == [0, 1]
    assert await mode.apart(lambda: 7) == 7
    await mode.sleep(0)
