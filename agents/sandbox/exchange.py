"""The files of a child: inputs that it may only read, outputs made before it starts, and checked copies of these."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from agents.work import JobProblem

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_CHUNK_BYTES = 8 << 20


class Exchange(NamedTuple):
    """Folders outside of the child: what it reads, what it may write, and where the copies lie afterwards."""

    inputs: Path
    written: Path
    copies: Path
    outputs: Mapping[str, int]


def lay_out(folder: Path, inputs: Mapping[str, Path], outputs: Mapping[str, int]) -> Exchange:
    """Link the inputs into `folder` (their files become readable for all) and make the outputs, empty.

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
        target = exchange.inputs / name
        try:
            target.hardlink_to(path.resolve())
        except OSError:
            shutil.copyfile(path, target)
        target.chmod(0o444)
    for name in outputs:
        (exchange.written / name).touch(mode=0o600, exist_ok=False)
    return exchange


def collect(exchange: Exchange) -> None:
    """Copy every output that was written. What is no plain file with one name counts as not written.

    Raises:
        JobProblem: `result_too_large`.
    """
    for name, bytes_max in exchange.outputs.items():
        with suppress(FileNotFoundError), _opened(exchange.written / name) as source:
            if os.fstat(source.fileno()).st_size > bytes_max:
                raise JobProblem("result_too_large", name=name, size_max_bytes=bytes_max)
            if os.fstat(source.fileno()).st_size:
                _copy(source, exchange.copies / name, bytes_max)


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


def _copy(source: BinaryIO, target: Path, bytes_max: int) -> None:
    """The bytes and nothing else: neither mode nor owner are the child's to choose."""
    with target.open("xb") as copy:
        while bytes_max > 0 and (chunk := source.read(min(_CHUNK_BYTES, bytes_max))):
            copy.write(chunk)
            bytes_max -= len(chunk)


def read_small(path: Path, *, bytes_max: int) -> bytes | None:
    """The bytes of a file of ours, a fetched one or a copy of an output; None if there is none or it is too long."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        data = file.read(bytes_max + 1)
        return data if len(data) <= bytes_max else None
    return None
