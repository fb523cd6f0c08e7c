"""A template with a conversion's fields put over its own."""

from __future__ import annotations

from typing import Any

import pytest

from api.commands.overrides import with_overrides
from schemas.specs.templates import TemplateRefusedError, channels_of

DOCUMENT: dict[str, Any] = {"name": "t", "sub_templates": [{"name": "a", "tasks": []}, {"name": "b"}]}


def codes(overrides: dict[str, Any]) -> list[str]:
    with pytest.raises(TemplateRefusedError) as caught:
        with_overrides(DOCUMENT, overrides)
    return [each.code for each in caught.value.problems]


def test_what_is_named_twice_is_refused() -> None:
    twice = [{"name": "a", "class_name": "A"}, {"name": "a", "class_name": "B"}]
    assert codes({"sub_templates": twice}) == ["sub_template_name_twice"]


@pytest.mark.parametrize(
    ("said", "channels"),
    [
        ("3", 3),
        ("0003", 3),
        (" 1 ", 1),
        ("0", 0),
        ("9", 4),
        ("12", 4),
        ("9" * 5000, 4),
        ("0" * 5000 + "3", 3),
        ("x", 1),
    ],
)
def test_channels_are_read_whatever_the_digits(said: str, channels: int) -> None:
    assert channels_of({"input_shape": [1, said, 32, 32]}) == channels
