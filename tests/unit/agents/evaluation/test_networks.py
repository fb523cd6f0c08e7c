"""A loaded network runs at every batch, or says at which one it does not: uploaded graphs were tried by nobody."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from colour_networks import classifier, sub
from onnx import helper, numpy_helper

from agents.evaluation.networks import Network, Plain
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused
from schemas.specs.methods import method
from schemas.specs.parts import TaskSpec

TASK = TaskSpec("colour", ("red", "green", "blue"))


def network(made: onnx.ModelProto) -> Network:
    spec = method("classification")
    assert spec is not None
    session = OnnxRuntime().load(made.SerializeToString(), "nvidia")
    return Network(Plain(sub(made, "classification", TASK), spec, None), session, ())


def ending(node: str, operand: object) -> onnx.ModelProto:
    """The classifier with another node behind it."""
    made = classifier()
    made.graph.node[0].output[0] = "means"
    made.graph.initializer.append(numpy_helper.from_array(np.asarray(operand), "operand"))
    made.graph.node.append(helper.make_node(node, ["means", "operand"], ["logits"]))
    return made


def test_a_network_answers_every_slot() -> None:
    made = network(classifier())
    slots = made.slots(4)
    slots.inputs[2, 1] = 1
    for count in (4, 3):
        made.prepare(count)
        (output,) = made.infer(slots, count)
        assert output.argmax(axis=1).tolist() == [0, 0, 1, 0][:count]


@pytest.mark.parametrize(
    ("made", "works", "code"),
    [
        (ending("Reshape", [1, 3]), 1, "graph_fails_at_batch"),
        (ending("Add", np.zeros((2, 3), np.float32)), 2, "batch_fixed"),
    ],
    ids=["fails", "answers with other rows"],
)
def test_a_graph_that_runs_at_one_batch_only_is_refused_at_others(made: onnx.ModelProto, works: int, code: str) -> None:
    loaded = network(made)
    slots = loaded.slots(4)
    assert len(loaded.trial(slots, works)[0]) == works
    with pytest.raises(Refused) as refused:
        loaded.trial(slots, 4 if works == 1 else 1)
    assert refused.value.code == code
    assert refused.value.params["batch"] == ("4" if works == 1 else "2")
