"""A pack's records, decoded when they are looked at: of each only the place of its line stays in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

import msgspec

from storage.stored_zip import StoredZip
from storage.zip_layout import BadZipError

LINE_BYTES_MAX = 64 << 20
"""A record of that length has more boxes than an import lets through."""
T = TypeVar("T")


class Lines(Sequence[T]):
    """An entry's lines of JSON as `kind`, looked through once and then read from the file again, one at a time.

    Raises:
        BadZipError: no such entry, longer than `bytes_max`, damaged, or with an endless line.
        msgspec.MsgspecError: on looking at a line that is something else.
    """

    def __init__(self, file: StoredZip, entry: str, kind: type[T], *, bytes_max: int) -> None:
        self._file, self._entry, self._decoder = file, entry, msgspec.json.Decoder(kind)
        self._starts = array("Q", [0])
        read = 0
        for piece in file.pieces(entry, bytes_max=bytes_max):
            found = piece.find(b"\n")
            while found >= 0:
                self._end(read + found + 1)
                found = piece.find(b"\n", found + 1)
            read += len(piece)
        if read > self._starts[-1]:
            self._end(read)

    def _end(self, stop: int) -> None:
        if stop - self._starts[-1] > LINE_BYTES_MAX:
            raise BadZipError(f"a line of {self._entry!r} is longer than {LINE_BYTES_MAX} bytes")
        self._starts.append(stop)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        # a range knows what a place from behind is, and which ones there are not
        number = range(len(self))[place]
        return self._decoder.decode(self._file.part(self._entry, self._starts[number], self._starts[number + 1]))

    def __iter__(self) -> Iterator[T]:
        return (self[place] for place in range(len(self)))
