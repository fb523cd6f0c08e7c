"""The search for the node where two computations part, on lists, on graphs, and through the merge."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx
import pytest
from graphs import SHAPE, model
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from agents.conversion.bisection import SCOPES, Probe, computed, first_diverging, gap_between, place_of, relative_gap
from agents.conversion.inputs import feeds, output_key, random_images
from agents.conversion.locating import Side, parting
from agents.conversion.verify import load_session

CHAIN = [f"v{number}" for number in range(40)]
LINKS = {value: (CHAIN[at - 1],) if at else ("x",) for at, value in enumerate(CHAIN)}


@given(st.integers(0, 39))
def test_the_first_of_a_chain_is_found_by_halving(wrong: int) -> None:
    found = first_diverging(CHAIN, LINKS, lambda value: 0.5 if CHAIN.index(value) >= wrong else 0.0, CHAIN[-1])
    assert found is not None
    assert (found.value, found.gap) == (CHAIN[wrong], 0.5)
    assert len(found.seen) <= 8


def test_where_nothing_differs_nothing_is_found() -> None:
    assert first_diverging(CHAIN, LINKS, lambda _: 0.0, CHAIN[-1]) is None


def test_a_difference_that_was_cut_away_in_between_still_leads_to_a_node_whose_inputs_agree() -> None:
    gaps = {"v3": 0.5, "v4": 0.5, "v30": 0.5}
    found = first_diverging(CHAIN, LINKS, lambda value: 0.5 if value == "v39" else gaps.get(value, 0.0), CHAIN[-1])
    assert found is not None
    assert found.gap == 0.5
    assert found.seen[LINKS[found.value][0]] == 0.0


def test_the_search_climbs_to_the_branch_that_went_wrong() -> None:
    values, links = ["a", "b", "join"], {"a": ("x",), "b": ("x",), "join": ("a", "b")}
    found = first_diverging(values, links, lambda value: 0.0 if value == "b" else 0.3, "join")
    assert found is not None
    assert found.value == "a"


def test_values_that_only_one_of_them_has_are_seen_through() -> None:
    links = {"a": ("x",), "hidden": ("a",), "end": ("hidden",)}
    found = first_diverging(["a", "end"], links, lambda _: 0.3, "end")
    assert found is not None
    assert found.value == "a"


@pytest.mark.parametrize(
    ("expected", "got", "gap"),
    [
        ([1.0, 4.0], [1.0, 3.0], 0.25),
        ([0.0], [0.0], 0.0),
        ([np.nan, 1.0], [np.nan, 1.0], 0.0),
        ([np.nan, 1.0], [0.0, 1.0], math.inf),
        ([1.0], [np.inf], math.inf),
        ([[1.0]], [1.0], math.inf),
        ([], [], 0.0),
    ],
)
def test_relative_gaps_by_hand(expected: Any, got: Any, gap: float) -> None:
    assert relative_gap(np.array(expected), np.array(got)) == gap


def network() -> onnx.ModelProto:
    """flatten -> gemm -> relu -> gemm: `hidden`, `cut`, `y`."""
    numbers = np.random.default_rng(3)
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"], name="n_flat"),
        helper.make_node("Gemm", ["flat", "w1"], ["hidden"], name="n_gemm"),
        helper.make_node("Relu", ["hidden"], ["cut"], name="n_relu"),
        helper.make_node("Gemm", ["cut", "w2"], ["y"], name="n_last"),
    ]
    nodes[1].metadata_props.add(key=SCOPES, value="['', 'features', 'features.3', 'linear']")
    weights = {name: numbers.normal(size=(4, 4)).astype(np.float32) for name in ("w1", "w2")}
    return model(nodes, weights)


def spoiled(name: str) -> onnx.ModelProto:
    """The network with other weights."""
    made = network()
    tensor = next(each for each in made.graph.initializer if each.name == name)
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + np.float32(0.5), name))
    return made


FEEDS = feeds(3, random_images(SHAPE, (127.0,), (1 / 64,), 3))


def reference() -> dict[str, Any]:
    return {output_key(batch, 0): Probe(network(), {"x": images}, load_session)("y") for batch, images in FEEDS.items()}


def test_any_value_of_a_graph_can_be_asked_for() -> None:
    images = next(iter(FEEDS.values()))
    probe = Probe(network(), {"x": images}, load_session)
    weights = numpy_helper.to_array(network().graph.initializer[0])
    assert probe("hidden") == pytest.approx(images.reshape(1, 4) @ weights, rel=1e-5)
    assert probe("flat").shape == (1, 4)
    assert gap_between(probe, probe)("absent") == math.inf


def test_a_place_says_operator_name_module_position_and_gap() -> None:
    assert place_of(network().graph, "hidden").told(0.25) == "Gemm n_gemm (features.3) 2/4, 0.25"
    assert place_of(network().graph, "y").told(math.inf) == "Gemm n_last 4/4, inf"
    assert list(computed(network().graph)) == ["flat", "hidden", "cut", "y"]


def parted(exported: onnx.ModelProto, kept: onnx.ModelProto) -> Any:
    sides = Side(exported, "x", FEEDS), Side(kept, "x", FEEDS)
    return parting(*sides, reference(), ["y"], 1e-4, load_session)


def test_what_merging_broke_is_named() -> None:
    found = parted(network(), spoiled("w1"))
    assert found.batch == next(iter(FEEDS))
    assert found.place.startswith("Gemm n_gemm (features.3) 2/4, ")
    assert parted(network(), spoiled("w2")).place.startswith("Gemm n_last 4/4, ")


def test_what_the_export_broke_is_left_to_a_second_look() -> None:
    found = parted(spoiled("w1"), spoiled("w1"))
    assert (found.output, found.place) == ("y", "")


def test_a_graph_that_gives_right_answers_has_no_place() -> None:
    assert parted(network(), network()) is None


def test_a_graph_that_cannot_be_run_is_one_that_went_wrong() -> None:
    broken = network()
    broken.graph.node[3].attribute.append(helper.make_attribute("transA", 1))
    assert parted(network(), broken).place.startswith("Gemm n_last 4/4, inf")
