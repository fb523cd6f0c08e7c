"""The files of a child: what it is given, and what is taken of what it leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agents.sandbox.exchange import collect, lay_out, read_small
from agents.work import JobProblem


def test_inputs_are_linked_and_outputs_are_there_from_the_start(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"12345")
    (tmp_path / "weights").chmod(0o600)
    (tmp_path / "box").mkdir()
    exchange = lay_out(tmp_path / "box", {"w.pth": tmp_path / "weights"}, {"a": 5, "b.json": 7})
    assert (exchange.inputs / "w.pth").read_bytes() == b"12345"
    assert (exchange.inputs / "w.pth").stat().st_mode & 0o777 == 0o444
    assert sorted(path.name for path in exchange.written.iterdir()) == ["a", "b.json"]


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
    collect(exchange)
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
        collect(exchange)
    assert raised.value.reason.params == {"name": "small", "size_max_bytes": "4"}
