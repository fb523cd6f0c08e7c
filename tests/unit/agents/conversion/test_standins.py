"""The names that may be mentioned and what stands in for them: nothing of another package is ever used."""

from __future__ import annotations

import pytest
import torch

from agents.conversion.allowed import CALLED, DATA, NAMES, REBUILDING, STORAGES
from agents.conversion.standins import DType, number, safe_globals


def test_every_name_for_data_has_a_stand_in_and_nothing_else_has() -> None:
    pairs = [each for each in safe_globals() if isinstance(each, tuple)]
    assert {name for _, name in pairs} == DATA
    assert {function.__module__ for function, _ in pairs} == {"agents.conversion.standins"}


def test_the_rest_is_what_pytorch_itself_takes() -> None:
    with torch.serialization.safe_globals(safe_globals()):
        known = set(torch._weights_only_unpickler._get_allowed_globals())
    assert (REBUILDING | STORAGES.keys()) - known == set()
    assert NAMES - DATA - known == set()
    assert CALLED <= NAMES


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")  # said once a process: by whichever test comes first
def test_the_bytes_of_a_storage_are_what_pytorch_says() -> None:
    for name, size in STORAGES.items():
        if name.startswith("torch.") and name.count(".") == 1:
            assert torch._utils._element_size(getattr(torch, name.removeprefix("torch.")).dtype) == size, name


def test_numbers_of_numpy_become_plain_ones() -> None:
    assert number(DType("f8"), b"\x00\x00\x00\x00\x00\x00\xe0?") == 0.5
    assert number(DType("O"), b"") is None
    assert number(DType("f8"), b"short") is None
    assert number("f8", b"") is None
