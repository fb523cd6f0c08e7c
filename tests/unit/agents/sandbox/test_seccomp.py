"""The filter that is shipped is the one that the list makes, and no other is loaded."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

import pytest

from agents.sandbox.seccomp import load
from agents.sandbox.seccomp.make import made
from agents.sandbox.seccomp.rules import ALLOWED, REFUSED

ROOT = Path(__file__).parents[4]


def test_the_shipped_filter_is_what_the_list_makes() -> None:
    pytest.importorskip("pyseccomp")
    assert made() == load.FILE.read_bytes()
    assert hashlib.sha256(load.FILE.read_bytes()).hexdigest() == load.DIGEST


def test_nothing_is_both_allowed_and_refused() -> None:
    assert set(ALLOWED) & set(REFUSED) == set()
    assert {"clone", "clone3", "ioctl"}.isdisjoint({*ALLOWED, *REFUSED})
    assert len(ALLOWED) == len(set(ALLOWED))


def test_a_changed_filter_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "filter"
    monkeypatch.setattr(load, "FILE", changed)
    with pytest.raises(load.FilterError, match="cannot be read"):
        load.program()
    changed.write_bytes(b"\0" * 8)
    with pytest.raises(load.FilterError, match="not the file"):
        load.program()


def test_another_processor_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(load.FilterError, match="aarch64"):
        load.program()
