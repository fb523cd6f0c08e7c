"""The gate in front of every weights file: looks at all of it without running any of it, and lets only data through.

No PyTorch here, and nothing in the file is called. Scanners that look for bad names miss some; this knows the good
ones (`agents.conversion.allowed`) and refuses the rest. PyTorch's own safe reader comes after it, and the sandbox is
around both.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Literal

from agents.conversion.archive import ZIP_MARK, Entry, read_archive
from agents.conversion.kinds import HEAD_BYTES, LEGACY, SAFETENSORS, looks_like
from agents.conversion.pickles import PICKLE_BYTES_MAX, Storage, Walked, walk
from agents.sandbox.inside import Refused, listed

Form = Literal["zip", "legacy", "safetensors"]

PICKLE = "data.pkl"
_BESIDE = frozenset({PICKLE, "version", "byteorder"})
_MODULE = "torch.nn.modules."
_LEGACY_HEADER_PICKLES = 3
"""The legacy form begins with a magic number, its version and the machine's properties, each a pickle of its own."""
_LEGACY_COUNT_BYTES = 8


def inspect(path: Path) -> Form:
    """The form of the weights file, if everything in it is data.

    Raises:
        Refused: `weights_not_pytorch`, `weights_unreadable`, `weights_cut_off` (not such a file, or not all of it),
            `weights_are_program`, `weights_are_module`, `weights_hold_code` (it would run something),
            `weights_pickle_protocol`, `weights_pickle_broken`, `weights_pickle_too_large`, `weights_zip_refused`,
            `weights_storage_wrong` (it is not what torch.save writes).
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if head.startswith(LEGACY):
            file.seek(0)
            _inspect_legacy(file, path.stat().st_size)
            return "legacy"
    if head.startswith(ZIP_MARK):
        _inspect_zip(path)
        return "zip"
    if not head:
        raise Refused("weights_cut_off")
    kind = looks_like(head)
    if kind == SAFETENSORS:
        return "safetensors"
    if kind:
        raise Refused("weights_not_pytorch", looks_like=kind)
    raise Refused("weights_unreadable", kind="format")


def _inspect_zip(path: Path) -> None:
    entries = read_archive(path)
    for name in entries:
        if name not in _BESIDE and not name.startswith(("data/", ".")):
            raise Refused("weights_zip_refused", detail=f"an entry {name!r}, which torch.save does not write")
    if entries[PICKLE].size_bytes > PICKLE_BYTES_MAX:
        raise Refused("weights_pickle_too_large", max=PICKLE_BYTES_MAX)
    with path.open("rb") as file:
        file.seek(entries[PICKLE].place)
        pickle = file.read(entries[PICKLE].size_bytes)
    # PyTorch can be told to write no checksums; it writes 0 then.
    if entries[PICKLE].crc not in (0, zlib.crc32(pickle)):
        raise Refused("weights_zip_refused", detail=f"{PICKLE} does not have its checksum")
    stream = io.BytesIO(pickle)
    walked = _checked(stream)
    if stream.tell() != len(pickle):
        raise Refused("weights_zip_refused", detail=f"something follows in {PICKLE}")
    _check_storages(walked.storages, entries)


def _check_storages(storages: Iterable[Storage], entries: Mapping[str, Entry]) -> None:
    """Every tensor's data is there and as long as the pickle says: nothing is read past an end."""
    for storage in storages:
        entry = entries.get(f"data/{storage.key}")
        if entry is None or entry.size_bytes != storage.size_bytes:
            found = entry.size_bytes if entry else 0
            raise Refused("weights_storage_wrong", key=storage.key, said=storage.size_bytes, found=found)


def _inspect_legacy(file: IO[bytes], size: int) -> None:
    for _ in range(_LEGACY_HEADER_PICKLES):
        _checked(file)
    walked = _checked(file)
    _checked(file)  # the keys of the storages that follow
    sizes = {storage.key: storage.size_bytes for storage in walked.storages}
    said, found = sum(sizes.values()) + _LEGACY_COUNT_BYTES * len(sizes), size - file.tell()
    if found < said:
        raise Refused("weights_cut_off")
    if found > said or len({*walked.storages}) != len(sizes):
        raise Refused("weights_storage_wrong", key="-", said=said, found=found)


def _checked(file: IO[bytes]) -> Walked:
    try:
        walked = walk(file)
    except Refused as refused:
        names = refused.params.get("names", "")
        if refused.code == "weights_hold_code" and _MODULE in names:
            raise Refused("weights_are_module", names=names) from refused
        raise
    if walked.foreign:
        raise Refused("weights_pickle_protocol", instructions=listed(sorted(walked.foreign)))
    return walked
