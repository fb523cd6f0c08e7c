"""What is said of images becomes columns, in the order of the images."""

from __future__ import annotations

import numpy as np

from agents.evaluation.scoring.annotated import Annotated, Annotations
from storage.datasets.pack import Box, ImageRecord

CAR = Box(label="car", x=1.5, y=2, width=3, height=4, area=5)
BUS = Box(label="bus", x=6, y=7, width=8, height=9, crowd=True)
HARD = Box(label="car", x=0, y=0, width=1, height=1, difficult=True)


def said(*images: tuple[Box, ...]) -> Annotated:
    columns = Annotations()
    for number, boxes in enumerate(images):
        digest = f"sha256:{number:064x}"
        columns.add(
            ImageRecord(name=f"n{number}", entry="e", sha256=digest, width=9 + number, height=8, labels={}, boxes=boxes)
        )
    return columns.together()


def test_columns_follow_the_images() -> None:
    made = said((CAR, BUS), (), (HARD,))
    assert made.names == ("n0", "n1", "n2")
    assert made.digests[:, -1].tolist() == [0, 1, 2]
    assert made.sizes.tolist() == [[9, 8], [10, 8], [11, 8]]
    assert made.counts.tolist() == [2, 0, 1]
    assert [made.classes[label] for label in made.label] == ["car", "bus", "car"]
    assert made.boxes.tolist() == [[1.5, 2, 3, 4], [6, 7, 8, 9], [0, 0, 1, 1]]
    np.testing.assert_array_equal(made.area, [5, np.nan, np.nan])
    assert (made.crowd.tolist(), made.difficult.tolist()) == ([False, True, False], [False, False, True])


def test_nothing_is_columns_without_rows() -> None:
    made = said()
    assert [len(column) for column in made] == [0] * 10
    assert (made.digests.shape, made.sizes.shape, made.boxes.shape) == ((0, 32), (0, 2), (0, 4))
