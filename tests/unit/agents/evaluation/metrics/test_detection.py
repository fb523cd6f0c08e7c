"""All figures together agree with their parts; slices agree with sets that hold only their images."""

from __future__ import annotations

import numpy as np
import pytest
from coco_peer import arrays, random_set

from agents.evaluation.metrics.boxes import Found, Truths
from agents.evaluation.metrics.coco import coco_numbers
from agents.evaluation.metrics.curves import average_precision
from agents.evaluation.metrics.detection import score, score_slice
from agents.evaluation.metrics.matches import match
from agents.evaluation.metrics.operating import class_counts
from agents.evaluation.metrics.slices import by_value

SEEDS = range(5, 15)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_figures_are_those_of_the_parts(seed: int):
    there, here = arrays(random_set(seed))
    made = match(there, here, images=8, classes=4, iou=0.4)
    figures = score(made, there, here)
    averages = np.array([each.ap for each in figures.classes])
    assert averages.T.tolist() == [average_precision(made, size=size).tolist() for size in range(4)]
    assert figures.coco == coco_numbers(made)
    assert figures.ap == figures.by_size[0]
    assert sum(each.objects[0] for each in figures.classes) == figures.objects
    assert sum(each.found for each in figures.classes) == figures.found
    counts = class_counts(made, figures.operating.threshold)
    assert [each.recall for each in figures.classes] == counts.recall().tolist()
    assert all(each.best.f1 >= each.f1 for each in figures.classes)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slice_has_the_figures_of_its_images_alone(seed: int):
    there, here = arrays(random_set(seed))
    whole = match(there, here, images=8, classes=4)
    for chosen in by_value(["day", "night", "day", None, "day", "night", None, "day"]).values():
        own = Truths(*(column[chosen[there.image]] for column in there))
        alone = match(own, Found(*(column[chosen[here.image]] for column in here)), images=8, classes=4)
        figures, counts = score_slice(whole, chosen, 0.5), class_counts(alone, 0.5).total()
        assert figures.images == chosen.sum()
        assert (figures.objects, figures.precision, figures.recall) == (
            counts.objects,
            counts.precision(),
            counts.recall(),
        )
        defined = [each for each in average_precision(alone) if each >= 0]
        assert figures.ap == (pytest.approx(np.mean(defined)) if defined else -1)


def test_slices_of_a_dimension():
    found = by_value(["b", "a", None, "c", "c", "b"])
    assert {name: np.flatnonzero(each).tolist() for name, each in found.items()} == {"b": [0, 5], "c": [3, 4], "a": [1]}
    assert list(found) == ["b", "c", "a"]
    assert by_value([None, None]) == {}
