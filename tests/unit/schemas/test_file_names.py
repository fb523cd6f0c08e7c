"""What people typed becomes names that file systems take, also in Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.present import file_name
from schemas.tron import file_stem
from schemas.values import TronIdentity

LONG = "缺陷检测模型" * 30


@pytest.mark.parametrize("text", [LONG, "x" * 200, "\U0002070e" * 100], ids=["Chinese", "ASCII", "four bytes"])
def test_long_names_are_names_of_files(tmp_path: Path, text: str) -> None:
    identity = TronIdentity("nvidia", text[:100], text, "m" * 30, "1")
    for name in (f"{file_stem(identity)}.tron", file_name(text, "pth"), file_name(text, LONG)):
        (tmp_path / name).touch()
        assert "\ufffd" not in name
    assert file_stem(identity).startswith(text[:55])


def test_short_names_stay_and_lose_only_what_no_file_may_be_called() -> None:
    assert file_stem(TronIdentity("nvidia", "a/b", "缺陷", "检测", "1.0 ")) == "a_b_缺陷_检测_1.0"
    assert file_name("e\u0301:\x00x", "p/th") == "é--x.p-th"
