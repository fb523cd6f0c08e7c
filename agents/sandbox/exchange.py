"""The files of a child: inputs that it may only read, outputs made before it starts, and checked copies of these."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec

from agents.work import JobProblem

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_CHUNK_BYTES = 8 << 20
_READABLE = 0o444


class Exchange(NamedTuple):
    """Folders outside of the child: what it reads, what it may write, and where the copies lie afterwards."""

    inputs: Path
    written: Path
    copies: Path
    outputs: Mapping[str, int]


def lay_out(folder: Path, inputs: Mapping[str, Path], outputs: Mapping[str, int]) -> Exchange:
    """Put the inputs into `folder`, readable for all, and make the outputs, empty.

    A file that nobody may write and all may read is linked; every other one is copied, for its mode is its owner's.

    Raises:
        ValueError: a name is no plain file name.
    """
    if wrong := [name for name in (*inputs, *outputs) if not _NAME.fullmatch(name)]:
        raise ValueError(f"{wrong} are no plain file names")
    exchange = Exchange(folder / "in", folder / "written", folder / "out", dict(outputs))
    for part in (exchange.inputs, exchange.written, exchange.copies):
        part.mkdir()
    exchange.inputs.chmod(0o755)
    for name, path in inputs.items():
        _give(path.resolve(), exchange.inputs / name)
    for name in outputs:
        (exchange.written / name).touch(mode=0o600, exist_ok=False)
    return exchange


def _give(source: Path, target: Path) -> None:
    if stat.S_IMODE(source.stat().st_mode) == _READABLE:
        with suppress(OSError):
            target.hardlink_to(source)
            return
    shutil.copyfile(source, target)
    target.chmod(_READABLE)


def too_large(exchange: Exchange) -> JobProblem | None:
    """`result_too_large` where one of the outputs is larger than it may be now."""
    for name, bytes_max in exchange.outputs.items():
        with suppress(FileNotFoundError):
            if (problem := _over((exchange.written / name).lstat(), name, bytes_max)) is not None:
                return problem
    return None


def _over(found: os.stat_result, name: str, bytes_max: int) -> JobProblem | None:
    if found.st_size <= bytes_max:
        return None
    return JobProblem("result_too_large", name=name, size_max_bytes=bytes_max)


def collect(exchange: Exchange, names: Iterable[str], stop: Event) -> None:
    """Move the bytes of the outputs that were written to `copies`, until `stop` is set.

    What is no plain file with one name counts as not written. Holes stay holes, and no output is kept twice: what a
    child makes of nothing must not fill the agent's disk.

    Raises:
        JobProblem: `result_too_large`.
    """
    for name in names:
        with suppress(FileNotFoundError), _opened(exchange.written / name) as source:
            found = os.fstat(source.fileno())
            if (problem := _over(found, name, exchange.outputs[name])) is not None:
                raise problem
            if found.st_size:
                _copy(source, exchange.copies / name, stop)
            (exchange.written / name).unlink()


def _opened(path: Path) -> BinaryIO:
    """The file, if it is a plain one that has no other name.

    Raises:
        FileNotFoundError: it is something else.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise FileNotFoundError(path) from error
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(handle)
        raise FileNotFoundError(path)
    return os.fdopen(handle, "rb")


def _copy(source: BinaryIO, target: Path, stop: Event) -> None:
    """The bytes and nothing else: neither mode nor owner are the child's to choose."""
    size = os.fstat(source.fileno()).st_size
    with target.open("xb") as copy:
        copy.truncate(size)
        for start, end in _data(source.fileno(), size):
            if stop.is_set():
                break
            copy.seek(start)
            copy.write(os.pread(source.fileno(), end - start, start))
    target.chmod(_READABLE)


def _data(handle: int, size: int) -> Iterator[tuple[int, int]]:
    """Where the file's data lie, from where to where, in pieces; the rest are holes."""
    end = 0
    while end < size:
        try:
            start = os.lseek(handle, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a hole up to the end
                return
            raise
        end = min(size, start + _CHUNK_BYTES, os.lseek(handle, start, os.SEEK_HOLE))
        yield start, end


def decoded(data: bytes | None, kind: type[T]) -> T | None:
    """What a child said, as JSON; None if there is nothing or it has not the right form.

    Bytes that are no UTF-8 within a text, and nesting without end, are no errors of the decoder's own.
    """
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(data or b"", type=kind)
    return None


def read_small(path: Path, *, bytes_max: int) -> bytes | None:
    """The bytes of a file of ours, a fetched one or a copy of an output; None if there is none or it is too long."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        data = file.read(bytes_max + 1)
        return data if len(data) <= bytes_max else None
    return None
