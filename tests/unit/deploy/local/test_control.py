"""The end of a log, as a person wants to see it."""

from __future__ import annotations

from pathlib import Path

from deploy.local.control import tail


def test_a_long_log_is_cut_at_a_line(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("first line\nsecond line\nthird line\n")
    assert tail(log, bytes_max=20) == "third line\n"
    assert tail(log, bytes_max=1000) == log.read_text()


def test_no_log_is_an_empty_one(tmp_path: Path) -> None:
    assert tail(tmp_path / "missing.log") == ""
