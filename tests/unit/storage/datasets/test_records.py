"""Lines of a pack, decoded when they are looked at."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from storage import stored_zip
from storage.datasets import records
from storage.datasets.records import Lines
from storage.stored_zip import StoredZip, StoredZipWriter
from storage.zip_layout import BadZipError

MIMETYPE = "application/x"


class Named(msgspec.Struct):
    name: str


def opened(folder: Path, data: bytes) -> StoredZip:
    with StoredZipWriter(folder / "z", MIMETYPE) as file:
        file.add("before", b"xx")
        file.add("lines", data)
    return StoredZip(folder / "z", MIMETYPE, entries_max=10)


def lines(file: StoredZip, bytes_max: int = 1000) -> Lines[Named]:
    return Lines(file, "lines", Named, bytes_max=bytes_max)


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
@pytest.mark.parametrize("end", ["", "\n"])
def test_every_line_is_there_wherever_pieces_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, end: str
) -> None:
    monkeypatch.setattr(stored_zip, "_CHUNK_BYTES", piece)
    names = ["狗", "b", "a longer one", ""]
    text = "\n".join(msgspec.json.encode(Named(name)).decode() for name in names) + end
    with opened(tmp_path, text.encode()) as file:
        found = lines(file)
        assert (len(found), [each.name for each in found]) == (4, names)
        assert (found[0].name, found[-2].name, found[1:3]) == (
            "狗",
            "a longer one",
            [Named("b"), Named("a longer one")],
        )
        for place in (4, -5):
            with pytest.raises(IndexError):
                found[place]


def test_nothing_has_no_lines(tmp_path: Path) -> None:
    with opened(tmp_path, b"") as file:
        assert list(lines(file)) == []


def test_what_is_no_such_line_is_said_when_it_is_looked_at(tmp_path: Path) -> None:
    with opened(tmp_path, b'{"name":"a"}\n\n{"name":1}\n') as file:
        found = lines(file)
        assert found[0].name == "a"
        for place in (1, 2):
            with pytest.raises(msgspec.MsgspecError):
                found[place]


def test_long_tables_and_long_lines_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path, b'{"name":"a"}\n' * 3) as file:
        with pytest.raises(BadZipError, match="allowed"):
            lines(file, bytes_max=38)
        monkeypatch.setattr(records, "LINE_BYTES_MAX", 12)
        with pytest.raises(BadZipError, match="longer than 12"):
            lines(file)


def test_parts_are_of_this_entry_alone(tmp_path: Path) -> None:
    with opened(tmp_path, b"0123456789") as file:
        assert (file.part("lines", 2, 5), file.part("lines", 10, 10)) == (b"234", b"")
        for start, stop in ((-1, 2), (5, 11), (5, 4)):
            with pytest.raises(BadZipError):
                file.part("lines", start, stop)
        with pytest.raises(BadZipError):
            file.part("other", 0, 1)
