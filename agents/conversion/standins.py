"""Inert stand-ins for the classes of other packages that checkpoints carry: they keep plain values and do nothing.

PyTorch's safe reader is told to use these under the real names, so nothing of those packages is imported or called.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from agents.conversion.allowed import EMPTY, MAPPINGS, MENTIONED, RECORDS, TEXTS

_CODES = frozenset("?bhilqBHILQefd") | {f"{kind}{size}" for kind in "iuf" for size in (1, 2, 4, 8)} | {"b1"}
ARRAY_BYTES_MAX = 1 << 20


class Dictionary:
    """Makes an ordered dictionary: the one kind that the reader fills whatever it was called before."""

    def __new__(cls, *_: object) -> OrderedDict[Any, Any]:  # type: ignore[misc]
        return OrderedDict()


class Record:
    """An object that is its attributes; `agents.conversion.plain` reads them."""

    state: object = None

    def __init__(self, *_: object) -> None: ...

    def __setstate__(self, state: object) -> None:
        self.state = state


class Text(str):
    """The parts of a path, a version or a date, as text; a state that follows is left out."""

    __slots__ = ()

    def __new__(cls, *parts: object) -> Text:
        return super().__new__(cls, "/".join(str(part) for part in parts if isinstance(part, str | int))[:1000])

    def __setstate__(self, state: object) -> None: ...


class Mentioned:
    """A class that was named only."""

    def __new__(cls, *_: object) -> Mentioned:
        raise TypeError("this class is only mentioned in checkpoints, never called")


class DType:
    """A numpy number type, by its code; others than plain numbers have none."""

    def __init__(self, code: object = "", *_: object) -> None:
        self.code = code if code in _CODES else ""
        self.order: Literal["<", ">", "="] = "="

    def __setstate__(self, state: object) -> None:
        match state:
            case (_, ("<" | ">") as order, *_):
                self.order = order

    def array(self, data: object, shape: tuple[int, ...]) -> NDArray[Any] | None:
        """The numbers in these bytes, or None where they are no plain numbers of that many."""
        if not self.code or not isinstance(data, bytes) or len(data) > ARRAY_BYTES_MAX:
            return None
        dtype = np.dtype(self.code).newbyteorder(self.order)
        if math.prod(shape) * dtype.itemsize != len(data) or not all(size >= 0 for size in shape):
            return None
        return np.frombuffer(data, dtype).reshape(shape)


class Numbers:
    """A numpy array: its values where they are plain numbers and not many, else nothing."""

    def __init__(self, *_: object) -> None:
        self.values: object = None

    def __setstate__(self, state: object) -> None:
        match state:
            case (_, tuple(shape), DType() as dtype, fortran, bytes(data)) if all(type(size) is int for size in shape):
                array = dtype.array(data, shape[::-1] if fortran else shape)
                self.values = None if array is None else (array.T if fortran else array).tolist()


def number(dtype: object, data: object = None) -> object:
    """A numpy number as Python's own, None where it is none."""
    array = dtype.array(data, ()) if isinstance(dtype, DType) else None
    return None if array is None else array.item()


def no_bytes() -> bytes:
    """Bytes of which there are none; with arguments `bytes` would reserve memory."""
    return b""


def _numbers(*_: object) -> Numbers:
    return Numbers()


def safe_globals() -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """For `torch.serialization.safe_globals`: a stand-in for each name of `agents.conversion.allowed.DATA`."""
    named: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = []
    for names, stand_in in ((MAPPINGS, Dictionary), (RECORDS, Record), (TEXTS, Text), (MENTIONED, Mentioned)):
        named += [(stand_in, name) for name in sorted(names)]
    for place in ("numpy.core.multiarray", "numpy._core.multiarray"):
        named += [(number, f"{place}.scalar"), (_numbers, f"{place}._reconstruct")]
    return [*named, (DType, "numpy.dtype"), (Numbers, "numpy.ndarray"), (no_bytes, EMPTY)]
