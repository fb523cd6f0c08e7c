"""Measures by hand, thresholds, and outputs that depend on the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agents.conversion.inputs import Batch, feeds, output_key
from agents.conversion.measuring import (
    HEADROOM,
    ROUNDING,
    batch_drift,
    check_threshold,
    difference,
    distance_notices,
    drift_notices,
    measured,
    merged,
    proposed_threshold,
)
from agents.sandbox.inside import Refused
from schemas.reports import Measurement

IMAGES = np.arange(8, dtype=np.float32).reshape(4, 2, 1, 1) + 1
FEEDS = feeds(3, IMAGES[:3], IMAGES)


def truth(outputs: int = 1) -> dict[str, NDArray[Any]]:
    return {output_key(b, n): x.reshape(b.size, 2) * (n + 1) for b, x in FEEDS.items() for n in range(outputs)}


def off(max_abs: float, magnitude: float = 1.0) -> Measurement:
    return Measurement(
        output="y", batch=1, max_abs=max_abs, mean_abs=0, cosine=None, magnitude=magnitude,
        relative=max_abs / magnitude if magnitude else None,
    )  # fmt: skip


def test_measures_by_hand() -> None:
    got = difference("y", 2, np.array([3.0, 4.0]), np.array([3.0, 3.0]), "real")
    assert (got.max_abs, got.mean_abs, got.relative, got.magnitude, got.inputs) == (1.0, 0.5, 0.25, 4.0, "real")
    assert got.cosine == pytest.approx(21 / (5 * np.sqrt(18)))
    zero = difference("y", 1, np.zeros(2), np.zeros(2))
    assert (zero.relative, zero.cosine) == (None, None)


def test_batches_of_one_size_become_one_row_with_the_worst_of_each_measure() -> None:
    calm = difference("y", 2, np.array([3.0, 4.0]), np.array([3.0, 4.5]))
    wild = difference("y", 2, np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    both = merged([calm, wild])
    assert (both.max_abs, both.mean_abs, both.relative, both.cosine) == (1.0, 0.625, 1.0, 0.0)


def test_every_output_size_and_kind_has_its_row() -> None:
    answers = {b: [truth(2)[output_key(b, n)] + np.float32(b.inputs == "real") for n in (0, 1)] for b in FEEDS}
    rows = measured(["p", "q"], FEEDS, truth(2), answers)
    assert [(row.inputs, row.batch, row.output) for row in rows] == [
        (kind, size, name) for kind in ("random", "real") for size in (1, 2, 3) for name in ("p", "q")
    ]
    assert {row.max_abs for row in rows if row.inputs == "random"} == {0.0}
    assert {row.max_abs for row in rows if row.inputs == "real"} == {1.0}


def test_the_largest_difference_is_named_with_what_would_be_a_threshold() -> None:
    rows = [off(1e-6), off(3e-4)]
    assert check_threshold(rows, 1e-3) == 3e-4
    with pytest.raises(Refused) as refused:
        check_threshold(rows, 1e-4)
    assert refused.value.code == "threshold_exceeded"
    assert refused.value.params == {
        "measured": "0.0003", "threshold": "0.0001", "output": "y", "batch": "1",
        "inputs": "on_random_inputs", "proposed": "0.002",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("max_abs", "magnitude", "proposed"),
    [
        (1e-6, 0.1, 5e-6),
        (5e-6, 0.1, 2e-5),
        (2.5e-4, 1, 1e-3),
        (3e-4, 1, 2e-3),
        # below rounding of outputs this large no threshold can be kept
        (0.0, 1000, 1e-3),
        (0.0, 0.0, ROUNDING),
    ],
)
def test_the_proposed_threshold_by_hand(max_abs: float, magnitude: float, proposed: float) -> None:
    assert proposed_threshold([off(0.0, 0.0), off(max_abs, magnitude)]) == pytest.approx(proposed)


@given(st.floats(1e-12, 1e12), st.floats(0, 1e6))
def test_what_was_measured_keeps_the_proposed_threshold_with_room(max_abs: float, magnitude: float) -> None:
    proposed = proposed_threshold([off(max_abs, magnitude)])
    wanted = max(HEADROOM * max_abs, ROUNDING * magnitude)
    assert wanted <= proposed * (1 + 1e-6)
    assert proposed <= 2.6 * wanted
    assert check_threshold([off(max_abs, magnitude)], proposed) == max_abs


def test_outputs_that_keep_their_images_apart_do_not_drift() -> None:
    assert batch_drift(truth(), FEEDS, 1) == 0.0
    assert drift_notices(0.0, 1e-4) == ()


def test_a_little_drift_is_said_and_much_is_refused() -> None:
    reference = truth()
    reference["random1_0_o0"] = reference["random1_0_o0"] + np.float32(5e-4)
    drift = batch_drift(reference, FEEDS, 1)
    assert drift == pytest.approx(5e-4, rel=1e-2)
    assert [notice.code for notice in drift_notices(drift, 1e-4)] == ["output_drifts_with_batch"]
    for key in ("random1_0_o0", "real2_0_o0"):
        with pytest.raises(Refused) as refused:
            batch_drift({**truth(), key: truth()[key] + np.float32(0.5)}, FEEDS, 1)
        assert refused.value.code == "output_depends_on_batch"


def test_with_one_size_there_is_nothing_to_compare() -> None:
    alone = feeds(1, IMAGES[:1], IMAGES)
    rows = {output_key(batch, 0): np.full((1, 2), batch.start, np.float32) for batch in alone}
    assert batch_drift(rows, alone, 1) == 0.0
    assert Batch("real", 1, 3) in alone


def test_a_generous_threshold_does_not_excuse_a_network_that_mixes_its_images() -> None:
    reference = truth()
    reference["random1_0_o0"] = reference["random1_0_o0"] + np.float32(0.05)
    with pytest.raises(Refused) as refused:
        batch_drift(reference, FEEDS, 1)
    assert refused.value.code == "output_depends_on_batch"


@pytest.mark.parametrize("wrong", [off(49.0, 4.0), off(0.5, 0.0)], ids=["far apart", "zeros were expected"])
def test_no_threshold_is_proposed_for_what_is_wrong_altogether(wrong: Measurement) -> None:
    rounded, small = off(60.0, 1e6), off(1e-5, 1e-5)
    with pytest.raises(Refused) as refused:
        check_threshold([small, rounded, wrong], 1e-4)
    assert refused.value.code == "outputs_differ"
    assert "proposed" not in refused.value.params
    assert refused.value.params["measured"] == f"{wrong.max_abs:g}"
    # of what is below the threshold nothing has to be explained
    with pytest.raises(Refused) as above:
        check_threshold([small, rounded], 1e-4)
    assert (above.value.code, above.value.params["proposed"]) == ("threshold_exceeded", "500")


def test_a_threshold_that_lets_more_than_rounding_pass_is_said() -> None:
    assert distance_notices([off(1e-5), off(0.0, 0.0)], 1e-4) == ()
    assert check_threshold([off(3.0, 4.0)], 10.0) == 3.0
    (said,) = distance_notices([off(1e-5), off(3.0, 4.0)], 10.0)
    assert (said.code, said.params["measured"], said.params["magnitude"]) == ("outputs_far_apart", "3", "4")
