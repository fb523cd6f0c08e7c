"""Suppression against the plain loops that textbooks give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.evaluation.methods import suppression
from agents.evaluation.methods.base import Candidates, Head
from agents.evaluation.methods.suppression import best, keep


def plain(found: Candidates, threshold: float, *, by_class: bool) -> list[int]:
    """One box after the other, best first, against all that stay."""
    kept: list[int] = []
    for one in sorted(range(len(found.scores)), key=lambda index: -found.scores[index]):
        if all(
            (by_class and found.classes[one] != found.classes[other])
            or shared(found.boxes[one], found.boxes[other]) <= threshold
            for other in kept
        ):
            kept.append(one)
    return kept


def shared(a: np.ndarray, b: np.ndarray) -> float:
    width = min(float(a[2]), float(b[2])) - max(float(a[0]), float(b[0]))
    height = min(float(a[3]), float(b[3])) - max(float(a[1]), float(b[1]))
    inter = max(width, 0.0) * max(height, 0.0)
    union = sum(float(c[2] - c[0]) * float(c[3] - c[1]) for c in (a, b)) - inter
    return inter / union if union > 0 else 0.0


def crowd(seed: int, count: int, classes: int) -> Candidates:
    """Boxes in heaps, on whole pixels so that both ways compute the same overlaps."""
    draw = np.random.default_rng(seed)
    corners = draw.integers(0, 60, (count, 2))
    boxes = np.concatenate([corners, corners + draw.integers(0, 30, (count, 2))], axis=1).astype(np.float32)
    scores = (draw.integers(0, 50, count) / 50).astype(np.float32)
    return Candidates(boxes, scores, draw.integers(0, classes, count))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 90), st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.booleans())
def test_it_keeps_what_plain_loops_keep(seed: int, count: int, threshold: float, by_class: bool) -> None:
    found = crowd(seed, count, 3)
    assert keep(found, threshold, 10**6, by_class=by_class).tolist() == plain(found, threshold, by_class=by_class)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(suppression, "BLOCK", block)
    monkeypatch.setattr(suppression, "PAIRS_MAX", -1)
    found = crowd(5, 300, 4)
    everything = plain(found, 0.4, by_class=True)
    assert keep(found, 0.4, 10**6, by_class=True).tolist() == everything
    assert keep(found, 0.4, 20, by_class=True).tolist() == everything[:20]


@pytest.mark.parametrize(("how", "kept"), [("class", [2, 0, 1]), ("all", [2]), ("none", [2, 0, 1, 3])])
def test_who_suppresses_whom_is_an_argument(how: str, kept: list[int]) -> None:
    box = [[0, 0, 10, 10]] * 4
    found = Candidates(np.array(box, np.float32), np.array([0.5, 0.4, 0.9, 0.3], np.float32), np.array([0, 1, 2, 0]))
    args = {"nms": how, "iou_threshold": 0.5, "max_detections": 10}
    assert best(found, Head(args, ("a", "b", "c"), 10, 10)).scores.tolist() == found.scores[kept].tolist()
    assert len(best(found, Head({**args, "max_detections": 1}, ("a",), 10, 10)).scores) == 1
