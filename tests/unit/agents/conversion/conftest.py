"""What importing structures leaves behind is taken away again."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from agents.conversion.building import FOLDER


@pytest.fixture(autouse=True)
def imports_left_as_they_were() -> Iterator[None]:
    path, modules = list(sys.path), dict(sys.modules)
    yield
    sys.path[:] = path
    for name in sys.modules.keys() - modules.keys():
        if FOLDER in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
    sys.modules.update(modules)
