"""Reads the arrays that a hostile child left: float32 in a zip of stored `.npy` entries, exactly as many as asked for.

NumPy's own reader trusts what the file says of its sizes, unpacks whatever is in it, and takes more kinds of arrays.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES_MAX = 4096
AXES_MAX = 8


class ArraysError(ValueError):
    """The file does not hold such arrays; the text says why, in a few words of ours."""


def read_arrays(path: Path, names: Collection[str] | None, *, bytes_max: int) -> dict[str, NDArray[np.float32]]:
    """The arrays by name: exactly those in `names` (any, if None), together at most `bytes_max` bytes.

    Raises:
        ArraysError: anything about the file is otherwise.
    """
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
            _check_entries(entries, names, bytes_max)
            return {entry.filename.removesuffix(".npy"): _array(file.read(entry)) for entry in entries}
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, MemoryError, EOFError) as error:
        raise ArraysError(f"no readable zip file ({type(error).__name__})") from error


def _check_entries(entries: list[zipfile.ZipInfo], names: Collection[str] | None, bytes_max: int) -> None:
    found = [entry.filename for entry in entries]
    if len(set(found)) != len(found):
        raise ArraysError("a name comes twice")
    if names is not None and set(found) != {f"{name}.npy" for name in names}:
        raise ArraysError(f"{len(found)} arrays instead of the {len(names)} that were asked for")
    if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 for entry in entries):
        raise ArraysError("an entry is compressed or encrypted")
    if sum(entry.file_size for entry in entries) > bytes_max:
        raise ArraysError(f"more than {bytes_max} bytes")


def _array(data: bytes) -> NDArray[np.float32]:
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ArraysError(f".npy of version {version}")
        header: Any = np.lib.format.read_array_header_1_0(stream, max_header_size=HEADER_BYTES_MAX)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise ArraysError("an entry is no .npy array") from error
    shape, fortran, dtype = header
    if dtype != np.float32 or fortran:
        raise ArraysError(f"an array of {str(dtype)[:40]}, float32 in C order is needed")
    body = data[stream.tell() :]
    if len(shape) > AXES_MAX or any(axis < 0 for axis in shape) or math.prod(shape) * 4 != len(body):
        raise ArraysError("an array's shape does not fit its bytes")
    return np.frombuffer(body, np.float32).reshape(shape)
