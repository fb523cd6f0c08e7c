"""Answers of every shape become named tensors."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import pytest
import torch

from agents.conversion.answers import Flat, is_flat, names, tensors
from agents.sandbox.inside import Refused

ONE = torch.ones(1)


class Pair(NamedTuple):
    boxes: torch.Tensor
    scores: torch.Tensor


@dataclasses.dataclass
class Answer:
    logits: torch.Tensor
    hidden: Any = None


@pytest.mark.parametrize(
    ("outputs", "wanted"),
    [
        (ONE, ["output0"]),
        ((ONE, ONE), ["output0", "output1"]),
        ([ONE], ["output0"]),
        ({"colour": ONE, "kind of car": ONE}, ["colour", "kind_of_car"]),
        (Pair(ONE, ONE), ["boxes", "scores"]),
        (Answer(ONE), ["logits"]),
        ({"loc": [ONE, ONE], "none": None}, ["loc.0", "loc.1"]),
        ((ONE, [ONE, ONE]), ["output0", "output1", "output2"]),
        ({"a b": ONE, "a_b": ONE}, ["output0", "output1"]),
        ({"image": ONE}, ["output0"]),
    ],
)
def test_names_are_the_networks_own_where_it_has_some(outputs: object, wanted: list[str]) -> None:
    assert names(outputs, taken="image") == wanted
    assert len(tensors(outputs)) == len(wanted)


@pytest.mark.parametrize("outputs", ["text", None, [], {}, [ONE, "text"], 3.5])
def test_what_is_no_answer(outputs: object) -> None:
    with pytest.raises(Refused) as refused:
        tensors(outputs)
    assert refused.value.code == "output_not_tensors"


def test_only_nested_answers_need_a_wrapper() -> None:
    assert is_flat(ONE)
    assert is_flat((ONE, ONE))
    assert not is_flat({"a": ONE})
    assert not is_flat((ONE, [ONE]))

    class Nested(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> Any:
            return {"a": [x, None], "b": (x + 1,)}

    assert [float(each) for each in Flat(Nested())(ONE)] == [1.0, 2.0]
