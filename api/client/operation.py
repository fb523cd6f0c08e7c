"""Operations are written once, as coroutine methods of a noun, and called by both kinds of client."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from api.client.core import Core
from api.client.mode import Awaiting, Blocking, M

P = ParamSpec("P")
R = TypeVar("R")


class Noun(Generic[M]):
    """A group of operations over one core; `M` says what they return."""

    def __init__(self, core: Core[M]) -> None:
        self._core = core


class operation(Generic[P, R]):  # noqa: N801 - used as a decorator
    """Makes a coroutine method of a noun callable from both kinds of client."""

    def __init__(self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, noun: None, owner: type) -> Self: ...
    @overload
    def __get__(self, noun: Noun[Blocking], owner: type) -> Callable[P, R]: ...
    @overload
    def __get__(self, noun: Noun[Awaiting], owner: type) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, noun: Noun[Any] | None, owner: type) -> Any:
        if noun is None:
            return self

        @functools.wraps(self._function)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return noun._core.mode.run(self._function(noun, *args, **kwargs))

        return bound


class iteration(Generic[P, R]):  # noqa: N801 - used as a decorator
    """As `operation`, for a method that gives one thing after another."""

    def __init__(self, function: Callable[Concatenate[Any, P], AsyncIterator[R]]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, noun: None, owner: type) -> Self: ...
    @overload
    def __get__(self, noun: Noun[Blocking], owner: type) -> Callable[P, Iterator[R]]: ...
    @overload
    def __get__(self, noun: Noun[Awaiting], owner: type) -> Callable[P, AsyncIterator[R]]: ...
    def __get__(self, noun: Noun[Any] | None, owner: type) -> Any:
        if noun is None:
            return self

        @functools.wraps(self._function)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return noun._core.mode.iterate(self._function(noun, *args, **kwargs))

        return bound
