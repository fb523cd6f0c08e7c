"""What the form of a test proposes: which precision can be switched on, which tasks meet."""

from __future__ import annotations

import pytest

from schemas.specs import testing
from schemas.specs.parts import TaskSpec
from schemas.specs.testing import TaskPair

COLOUR, KIND = TaskSpec("colour", ("red", "blue")), TaskSpec("kind", ("car", "bus"))


@pytest.mark.parametrize(
    ("quantized", "enabled", "reasons"),
    [
        ((), [], ["model_not_quantized", "model_not_quantized"]),
        (("fp16",), ["fp16"], [None, "quantized_otherwise"]),
        (("int8",), ["int8"], ["quantized_otherwise", None]),
        (("fp16", "int8"), ["int8"], ["quantized_otherwise", None]),
        (("int8", "fp16"), ["fp16"], [None, "quantized_otherwise"]),
    ],
)
def test_only_the_latest_quantization_can_be_switched_on(quantized, enabled, reasons):
    switches = testing.precision_switches(quantized)
    assert [each.precision for each in switches] == ["fp16", "int8"]
    assert [each.precision for each in switches if each.enabled] == enabled
    assert [each.reason and each.reason.code for each in switches] == reasons


def test_tasks_are_proposed_by_name_then_by_classes():
    dataset = [TaskSpec("kind", ("bus", "car")), TaskSpec("paint", ("blue", "green"))]
    assert testing.proposed_tasks([COLOUR, KIND], dataset) == (TaskPair("colour", "paint"), TaskPair("kind", "kind"))
    assert testing.proposed_tasks([KIND], [TaskSpec("kind", ("boat",))]) == ()


def test_tasks_of_one_name_are_told_apart_by_their_network():
    assert [each.name for each in testing.head_tasks([("a", KIND), ("b", KIND), ("b", COLOUR)])] == [
        "a/kind",
        "b/kind",
        "colour",
    ]
