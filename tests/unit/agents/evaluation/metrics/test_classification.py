"""Classification metrics, against definitions written out the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.evaluation.metrics.classification import marks, score, top

NAMES = ("a", "b", "c")


def ranked(*best: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.array([[first, *(other for other in range(3) if other != first)] for first in best], np.int64)


def test_a_small_case_by_hand() -> None:
    scores = score(np.array([0, 0, 1, 1]), ranked(0, 1, 1, 1), NAMES)
    assert scores.top1 == 0.75
    assert scores.top5 is None
    a, b, c = scores.classes
    assert (a.precision, a.recall, a.support, a.predicted) == (1.0, 0.5, 2, 1)
    assert (b.precision, b.recall) == (2 / 3, 1.0)
    assert (c.precision, c.recall, c.f1) == (None, None, None)
    assert a.f1 == 2 / 3
    assert b.f1 == 0.8
    assert scores.macro_precision == pytest.approx((1 + 2 / 3) / 2)
    assert scores.macro_recall == 0.75
    assert scores.confusion == ((0, 0, 1), (0, 1, 1), (1, 1, 2))


def test_marks_are_image_by_image_and_their_means_are_the_figures() -> None:
    labels = np.array([4, 0, 2, 1])
    best = np.array([[4, 0, 1, 2, 3], [1, 0, 2, 3, 4], [5, 4, 3, 1, 0], [1, 0, 2, 3, 4]])
    found = marks(labels, best, 6)
    assert {name: each.tolist() for name, each in found.items()} == {
        "top1": [True, False, False, True],
        "top5": [True, True, False, True],
    }
    scores = score(labels, best, tuple("abcdef"))
    assert (scores.top1, scores.top5) == (0.5, 0.75)
    assert set(marks(labels[:1], best[:1], 4)) == {"top1"}


def test_a_class_never_predicted_counts_as_zero() -> None:
    scores = score(np.array([0, 1]), ranked(1, 1), NAMES)
    assert scores.classes[0].precision is None
    assert scores.classes[0].f1 == 0.0
    assert scores.macro_precision == 0.25


def test_no_images_have_no_accuracy() -> None:
    with pytest.raises(ValueError, match="without images"):
        score(np.zeros(0, np.int64), np.zeros((0, 3), np.int64), NAMES)


@given(st.data(), st.integers(5, 8), st.integers(1, 40))
def test_figures_equal_their_definitions(data: st.DataObject, count: int, images: int) -> None:
    logits = data.draw(arrays(np.float32, (images, count), elements=st.integers(-50, 50).map(float)))
    labels = data.draw(arrays(np.int64, images, elements=st.integers(0, count - 1)))
    best = top(logits, 5)
    scores = score(labels, best, tuple(map(str, range(count))))
    assert scores.top1 == np.mean([label == np.argmax(row) for label, row in zip(labels, logits, strict=True)])
    assert scores.top5 == np.mean([label in row for label, row in zip(labels, best, strict=True)])
    for index, each in enumerate(scores.classes):
        hits = sum(label == index == row[0] for label, row in zip(labels, best, strict=True))
        guesses = sum(row[0] == index for row in best)
        assert each.support == sum(labels == index)
        assert each.precision == (hits / guesses if guesses else None)
        assert each.recall == (hits / each.support if each.support else None)
    assert sum(cell[2] for cell in scores.confusion) == images


def test_equal_scores_rank_by_index() -> None:
    assert top(np.array([[1.0, 2.0, 2.0, 0.0]], np.float32), 5).tolist() == [[1, 2, 0, 3]]
