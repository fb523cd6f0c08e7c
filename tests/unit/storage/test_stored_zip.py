"""Stored zips: whatever is written is read, by us and by everybody else; small and large numbers keep their place."""

from __future__ import annotations

import io
import string
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.stored_zip import StoredZip, StoredZipWriter
from storage.zip_layout import BadZipError, Directory, Place, end, local_header, read_end, read_record, record

MIMETYPE = "application/x-test"
PLAIN = string.ascii_lowercase + string.digits + "_-."
PARTS = st.text(PLAIN, min_size=1, max_size=12).filter(lambda part: part[0] in string.ascii_lowercase + string.digits)
NAMES = st.lists(PARTS, min_size=1, max_size=3).map("/".join).filter(lambda name: name != "mimetype")
NUMBERS = st.integers(0, 1 << 40)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=6))
def test_what_is_written_is_read_by_us_and_by_others(entries: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        with StoredZipWriter(path, MIMETYPE) as file:
            written = [file.add(name, data) for name, data in entries.items()]
        with StoredZip(path, MIMETYPE, entries_max=10) as ours:
            assert ours.names == ("mimetype", *entries)
            assert {name: ours.read(name, bytes_max=300) for name in entries} == entries
            assert [ours.extract(each.name, Path(folder) / str(n)) for n, each in enumerate(written)] == [
                each.digest for each in written
            ]
        with zipfile.ZipFile(path) as theirs:
            assert theirs.testzip() is None
            assert {name: theirs.read(name) for name in entries} == entries


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.data())
def test_no_changed_byte_goes_unnoticed(data: bytes, choice: st.DataObject) -> None:
    """A byte is an entry's, which its CRC covers, or one that may have no value but our writer's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        with StoredZipWriter(path, MIMETYPE) as file:
            file.add("a/b", data)
        changed = bytearray(path.read_bytes())
        place = choice.draw(st.integers(0, len(changed) - 1))
        changed[place] ^= choice.draw(st.integers(1, 255))
        path.write_bytes(changed)
        with pytest.raises(BadZipError), StoredZip(path, MIMETYPE, entries_max=10) as read:
            read.read("a/b", bytes_max=100)


@given(NAMES, NUMBERS, st.integers(0, 0xFFFFFFFF), NUMBERS)
def test_a_record_is_read_as_written_however_large_its_numbers(name: str, size: int, crc: int, offset: int) -> None:
    place = Place(name, size, crc, offset)
    assert read_record(io.BytesIO(record(place))) == place


@given(NUMBERS, st.integers(0, 1 << 20), st.integers(0, 1 << 20))
def test_an_end_is_read_as_written_however_large_its_numbers(offset: int, size: int, entries: int) -> None:
    directory = Directory(offset, size, entries)
    closing = end(directory)
    assert read_end(b"x" * 50 + closing, offset + size + len(closing)) == directory


def test_an_end_whose_numbers_pass_64_bits_together_is_refused() -> None:
    closing = bytearray(end(Directory(1 << 62, 1 << 62, 1)))
    closing[40:56] = (1 << 63).to_bytes(8, "little") * 2  # size and offset of the directory
    with pytest.raises(BadZipError):
        read_end(bytes(closing), len(closing))


@pytest.mark.parametrize("size_bytes", [(1 << 31) - 1, 1 << 31, (1 << 32) + 5])
def test_large_files_are_what_other_readers_expect(tmp_path: Path, size_bytes: int) -> None:
    first = Place("a", size_bytes, 0, 0)
    second = Place("b", 1, 0, first.stop)
    with (tmp_path / "large.zip").open("wb") as file:  # holes take no room on the disk
        file.write(local_header(first))
        file.seek(second.offset)
        file.write(local_header(second) + b"x")
        records = record(first) + record(second)
        file.write(records + end(Directory(second.stop, len(records), 2)))
    with zipfile.ZipFile(tmp_path / "large.zip") as theirs:
        assert [(each.file_size, each.header_offset) for each in theirs.infolist()] == [
            (size_bytes, 0),
            (1, second.offset),
        ]
        with theirs.open("a") as opened:
            assert opened.read(2) == b"\0\0"


def test_an_interrupted_file_is_read_by_nobody(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), StoredZipWriter(tmp_path / "x.zip", MIMETYPE) as file:
        file.add_file("a", tmp_path / "missing")
    with pytest.raises(BadZipError, match="no zip"):
        StoredZip(tmp_path / "x.zip", MIMETYPE, entries_max=10)


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "", "名", "a" * 256, "a\\b"])
def test_names_that_are_paths_elsewhere_are_never_written(tmp_path: Path, name: str) -> None:
    with StoredZipWriter(tmp_path / "x.zip", MIMETYPE) as file, pytest.raises(ValueError, match="cannot be"):
        file.add(name, b"")
