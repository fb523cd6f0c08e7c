"""The files of a child: what it is given, and what is taken of what it leaves."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

import pytest

from agents.sandbox.exchange import Exchange, collect, decoded, lay_out, read_small, too_large
from agents.work import JobProblem


def taken(exchange: Exchange) -> None:
    collect(exchange, tuple(exchange.outputs), Event())


def test_inputs_are_linked_and_outputs_are_there_from_the_start(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"12345")
    (tmp_path / "weights").chmod(0o600)
    (tmp_path / "box").mkdir()
    exchange = lay_out(tmp_path / "box", {"w.pth": tmp_path / "weights"}, {"a": 5, "b.json": 7})
    assert (exchange.inputs / "w.pth").read_bytes() == b"12345"
    assert (exchange.inputs / "w.pth").stat().st_mode & 0o777 == 0o444
    assert sorted(path.name for path in exchange.written.iterdir()) == ["a", "b.json"]
    assert (tmp_path / "weights").stat().st_mode & 0o777 == 0o600


def test_only_what_nobody_may_write_is_linked(tmp_path: Path) -> None:
    (tmp_path / "fetched").write_bytes(b"1")
    (tmp_path / "fetched").chmod(0o444)
    (tmp_path / "plan").write_bytes(b"2")
    (tmp_path / "box").mkdir()
    exchange = lay_out(tmp_path / "box", {name: tmp_path / name for name in ("fetched", "plan")}, {})
    links = {name: (exchange.inputs / name).stat().st_nlink for name in ("fetched", "plan")}
    assert links == {"fetched": 2, "plan": 1}


@pytest.mark.parametrize("name", ["../a", "a/b", "", ".", "..", "a\0", "a b", ".hidden"])
def test_names_are_plain(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain"):
        lay_out(tmp_path, {}, {name: 1})


def test_only_plain_files_of_one_name_are_taken(tmp_path: Path) -> None:
    names = ("plain", "empty", "link", "pipe", "twice", "folder")
    exchange = lay_out(tmp_path, {}, dict.fromkeys(names, 100))
    (exchange.written / "plain").write_bytes(b"12345")
    (exchange.written / "plain").chmod(0o6777)
    for name in ("link", "pipe", "folder"):
        (exchange.written / name).unlink()
    (exchange.written / "link").symlink_to("/etc/passwd")
    os.mkfifo(exchange.written / "pipe")
    (exchange.written / "folder").mkdir()
    (exchange.written / "twice").write_bytes(b"1")
    (tmp_path / "other").hardlink_to(exchange.written / "twice")
    taken(exchange)
    assert [path.name for path in exchange.copies.iterdir()] == ["plain"]
    copy = exchange.copies / "plain"
    assert copy.read_bytes() == b"12345"
    assert copy.stat().st_mode & 0o7111 == 0
    assert read_small(copy, bytes_max=5) == b"12345"
    assert read_small(copy, bytes_max=4) is None
    assert read_small(exchange.copies / "link", bytes_max=4) is None


def test_each_output_has_its_own_size(tmp_path: Path) -> None:
    exchange = lay_out(tmp_path, {}, {"small": 4, "large": 8})
    (exchange.written / "large").write_bytes(b"12345")
    (exchange.written / "small").write_bytes(b"12345")
    with pytest.raises(JobProblem) as raised:
        taken(exchange)
    assert raised.value.reason.params == {"name": "small", "size_max_bytes": "4"}
    assert (found := too_large(exchange)) is not None
    assert found.reason == raised.value.reason


def test_holes_stay_holes_and_nothing_is_kept_twice(tmp_path: Path) -> None:
    size = 64 << 30
    exchange = lay_out(tmp_path, {}, dict.fromkeys(("sparse", "hole", "full"), size))
    os.truncate(exchange.written / "hole", size)
    with (exchange.written / "sparse").open("r+b") as file:
        file.truncate(size)
        for place in (0, 5 << 30, size - 3):
            file.seek(place)
            file.write(b"abc")
    (exchange.written / "full").write_bytes(b"x" * 100_000)
    taken(exchange)
    assert {path.name: path.stat().st_size for path in exchange.copies.iterdir()} == {
        "sparse": size, "hole": size, "full": 100_000,
    }  # fmt: skip
    assert sum(path.stat().st_blocks for path in exchange.copies.iterdir()) * 512 < 1 << 20
    with (exchange.copies / "sparse").open("rb") as file:
        for place in (0, 5 << 30, size - 3):
            file.seek(place)
            assert file.read(3) == b"abc"
    assert list(exchange.written.iterdir()) == []
    # so that it may be linked as the input of the next child
    assert (exchange.copies / "full").stat().st_mode & 0o777 == 0o444


def test_what_is_stopped_copies_no_more(tmp_path: Path) -> None:
    exchange = lay_out(tmp_path, {}, {"a": 10})
    (exchange.written / "a").write_bytes(b"12345")
    stop = Event()
    stop.set()
    collect(exchange, ("a",), stop)
    assert (exchange.copies / "a").read_bytes() == bytes(5)


@pytest.mark.parametrize("data", [None, b"", b"junk", b'{"a": 1}', b'{"a": "\xff"}', b'{"b": ' + b"[" * 100_000])
def test_json_that_has_not_the_right_form_is_none(data: bytes | None) -> None:
    assert decoded(data, dict[str, str]) is None
    assert decoded(b'{"a": "b"}', dict[str, str]) == {"a": "b"}
