"""Preprocessing chains as people read them."""

from __future__ import annotations

import pytest

from schemas.specs.preprocessing import (
    CenterCrop,
    CvtRGB,
    EqualResize,
    Resize,
    Step,
    Transpose,
    chain_text,
)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Resize(width=32, height=24), "resize 32x24"),
        (Resize(short_side=256, interpolation="cubic"), "resize short=256 cubic"),
        (CenterCrop(width=224, height=200), "centercrop 224x200"),
        (EqualResize(width=640, height=480), "equal_resize 640x480"),
        (
            EqualResize(width=640, height=480, centred=True, value=114, interpolation="area"),
            "equal_resize 640x480 centred value=114 area",
        ),
        (CvtRGB(), "cvtRGB"),
        (Transpose(), "transpose"),
    ],
)
def test_a_step_shows_what_is_not_usual(step: Step, text: str):
    assert chain_text((step,)) == text


def test_a_chain_is_one_line():
    assert chain_text((Resize(short_side=8), CvtRGB(), Transpose())) == "resize short=8 > cvtRGB > transpose"
    assert chain_text(()) == "default"
