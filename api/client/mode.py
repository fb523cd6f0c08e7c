"""How a client waits: a blocking one runs every coroutine to its end at once, an awaiting one hands it to the loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any, Protocol, TypeVar

R = TypeVar("R")
M = TypeVar("M", bound="Mode")


class Mode(Protocol):
    """How a client waits, and what its operations therefore return."""

    def run(self, operation: Coroutine[Any, Any, R]) -> Any:
        """What the caller of an operation gets: its result, or something to await."""
        ...

    def iterate(self, items: AsyncIterator[R]) -> Any:
        """What the caller of an iteration gets."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...

    async def apart(self, work: Callable[[], R]) -> R:
        """Do what takes long on disk or CPU, without standing in anybody's way."""
        ...


class Blocking:
    """The calling thread waits. Nothing below ever suspends a coroutine, so each one ends at its first step."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def run(self, operation: Coroutine[Any, Any, R]) -> R:
        return finished(operation)

    def iterate(self, items: AsyncIterator[R]) -> Iterator[R]:
        try:
            while True:
                try:
                    item = finished(_next(items))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            if isinstance(items, AsyncGenerator):
                finished(_close(items))

    async def sleep(self, seconds: float) -> None:
        self._sleep(seconds)

    async def apart(self, work: Callable[[], R]) -> R:
        return work()


class Awaiting:
    """The event loop goes on meanwhile."""

    def run(self, operation: Coroutine[Any, Any, R]) -> Coroutine[Any, Any, R]:
        return operation

    def iterate(self, items: AsyncIterator[R]) -> AsyncIterator[R]:
        return items

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def apart(self, work: Callable[[], R]) -> R:
        return await asyncio.to_thread(work)


def finished(operation: Coroutine[Any, Any, R]) -> R:
    """The result of a coroutine that never really waits, because everything below it blocks.

    Raises:
        RuntimeError: it did wait: a transport that suspends was given to a blocking client.
    """
    try:
        operation.send(None)
    except StopIteration as ended:
        result: R = ended.value
        return result
    operation.close()
    raise RuntimeError("a blocking client was given something that has to be awaited: use the asynchronous client")


async def _close(items: AsyncGenerator[R, None]) -> None:
    await items.aclose()


async def _next(items: AsyncIterator[R]) -> R:
    following: Awaitable[R] = anext(items)
    return await following
