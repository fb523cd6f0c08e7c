"""The verifying child's checks, on graphs and outputs made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graphs import SHAPE, plus_one, saved
from msgspec import structs
from numpy.typing import NDArray

from agents.conversion.graph import check_shapes, converted, load_graph, output_dtypes
from agents.conversion.inputs import feeds, output_key, random_images
from agents.conversion.measuring import batch_drift, check_threshold
from agents.conversion.plan import Plan
from agents.conversion.verify import check_outputs, compare, load_reference, output_specs
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused
from schemas.specs.parts import Arg, TaskSpec

PLAN = Plan(
    class_name="",
    state_dict_key="",
    num_classes=2,
    input_name="x",
    input_shape=SHAPE,
    mean=(0.0,),
    scale=(1.0,),
    method="classification",
    args=(),
    tasks=(TaskSpec("class", ("a", "b", "c", "d")),),
    max_batch=3,
    error_threshold=1e-3,
    merge_operators=True,
)
RANDOM = random_images(SHAPE, (0.0,), (1.0,), 3)
FEEDS = feeds(3, RANDOM, RANDOM[:2] + 7)


def key(size: int) -> str:
    return f"random{size}_0_o0"


def truth() -> dict[str, NDArray[Any]]:
    return {output_key(batch, 0): images.reshape(-1, 4) + np.float32(1) for batch, images in FEEDS.items()}


def code(call: Any, *arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*arguments)
    return refused.value.code


def test_a_good_graph_passes_everything(tmp_path: Path) -> None:
    kept = converted(load_graph(saved(plus_one(), tmp_path)), merge=True)
    check_shapes(kept, input_name="x", input_shape=SHAPE, max_batch=3)
    session = OnnxRuntime().load(saved(kept, tmp_path), "nvidia")
    check_outputs(truth(), FEEDS, PLAN, 1)
    differences = compare(session, FEEDS, truth(), PLAN)
    assert [(each.inputs, each.batch) for each in differences] == [
        ("random", 1), ("random", 2), ("random", 3), ("real", 1), ("real", 2)
    ]  # fmt: skip
    assert check_threshold(differences, 1e-3) <= 1e-4
    assert batch_drift(truth(), FEEDS, 1) == 0.0
    specs = output_specs(("y",), output_dtypes(kept), truth(), FEEDS)
    assert [(spec.name, spec.shape, spec.dtype, spec.distribution) for spec in specs] == [("y", (4,), "float32", False)]


def test_the_largest_difference_is_found_and_bounded(tmp_path: Path) -> None:
    session = OnnxRuntime().load(saved(plus_one(), tmp_path), "nvidia")
    reference = truth()
    reference[key(3)][2, 1] += 0.5
    differences = compare(session, FEEDS, reference, PLAN)
    assert check_threshold(differences, 1.0) == pytest.approx(0.5, abs=1e-4)
    with pytest.raises(Refused) as refused:
        check_threshold(differences, 1e-3)
    assert refused.value.code == "threshold_exceeded"
    assert refused.value.params["batch"] == "3"


def changed(**arrays: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {**truth(), **arrays}


@pytest.mark.parametrize(
    ("reference", "outputs", "expected"),
    [
        (truth() | {output_key(b, 1): x.reshape(-1, 4) for b, x in FEEDS.items()}, 2, "outputs_do_not_match_tasks"),
        (truth(), 0, "outputs_do_not_match_tasks"),
        (changed(**{key(2): np.zeros((2, 0), np.float32)}), 1, "output_without_batch"),
        ({each: np.zeros((len(rows), 5), np.float32) for each, rows in truth().items()}, 1, "output_size_wrong"),
        (changed(**{key(2): np.zeros((1, 8), np.float32)}), 1, "output_without_batch"),
        (changed(**{key(3): np.full((3, 4), np.nan, np.float32)}), 1, "output_not_finite"),
    ],
)
def test_outputs_that_answer_nothing_are_refused(
    reference: Mapping[str, NDArray[Any]], outputs: int, expected: str
) -> None:
    assert code(check_outputs, reference, FEEDS, PLAN, outputs) == expected


def test_a_reference_with_other_batches_or_outputs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.npz"
    np.savez(path, **truth())  # type: ignore[arg-type]
    assert load_reference(path, FEEDS, 1).keys() == truth().keys()
    assert code(load_reference, path, FEEDS, 2) == "reference_malformed"
    assert code(load_reference, tmp_path / "absent.npz", FEEDS, 1) == "reference_malformed"


class FixedSession:
    """A graph that gives what it is told to."""

    outputs = ("y",)

    def __init__(self, outputs: NDArray[Any]) -> None:
        self._outputs = outputs

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        return [self._outputs]

    def used(self) -> Any:
        raise NotImplementedError


def test_graphs_that_answer_wrongly_are_refused() -> None:
    assert code(compare, FixedSession(truth()[key(2)]), FEEDS, truth(), PLAN) == "batch_fixed"
    infinite = np.full((1, 4), np.inf, np.float32)
    assert code(compare, FixedSession(infinite), FEEDS, truth(), PLAN) == "output_not_finite"


def test_arguments_that_fit_the_shapes_and_not_the_levels_are_refused_before_any_test() -> None:
    strides = Arg("strides", "vi", (8, 16))
    plan = structs.replace(
        PLAN, method="yolo_v8", input_shape=(3, 64, 64), args=(Arg("layout", "ss", "levels"), strides)
    )
    levels = [np.zeros((2, 4 * 6 + 4, 64 // stride, 64 // stride), np.float32) for stride in (8, 16)]
    batch = next(iter(FEEDS))._replace(size=2)
    swapped = {output_key(batch, number): level for number, level in enumerate(reversed(levels))}
    asked = {batch: np.zeros((2, 3, 64, 64), np.float32)}
    assert code(check_outputs, swapped, asked, plan, 2) == "anchors_do_not_match"
    check_outputs({output_key(batch, number): level for number, level in enumerate(levels)}, asked, plan, 2)


def test_outputs_whose_shape_changes_with_the_batch_are_refused_by_name() -> None:
    grown = {output_key(batch, 0): np.zeros((batch.size, batch.size + 1), np.float32) for batch in FEEDS}
    assert code(check_outputs, grown, FEEDS, PLAN, 1) == "output_shape_varies"
