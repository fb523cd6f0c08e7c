"""What is said of the images of a test, as columns: one look at each record, none of which is kept."""

from __future__ import annotations

from array import array
from typing import NamedTuple

import numpy as np

from agents.evaluation.metrics.boxes import Floats, Indexes, Marks
from schemas.verdict.weights import DIGEST_BYTES, Digests
from storage.datasets.pack import ImageRecord


class Annotated(NamedTuple):
    """names: of the images. digests: (images, 32) SHA-256 of their files. sizes: (images, 2) width and height in
    pixels. counts: (images,) boxes of each, whose columns follow one another.

    classes: those that boxes have. label: (n,) places in them. boxes: (n, 4) x, y, width, height. area: (n,) as the
    annotation says it, NaN where it does not. crowd, difficult: (n,).
    """

    names: tuple[str, ...]
    digests: Digests
    sizes: Floats
    counts: Indexes
    classes: tuple[str, ...]
    label: Indexes
    boxes: Floats
    area: Floats
    crowd: Marks
    difficult: Marks


class Annotations:
    """Collects the columns, image by image."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._digests, self._crowd, self._difficult = bytearray(), bytearray(), bytearray()
        self._sizes, self._boxes, self._areas = array("d"), array("d"), array("d")
        self._counts, self._labels = array("q"), array("q")
        self._classes: dict[str, int] = {}

    def add(self, record: ImageRecord) -> None:
        """The next image."""
        self._names.append(record.name)
        self._digests += bytes.fromhex(record.sha256.removeprefix("sha256:"))
        self._sizes.extend((record.width, record.height))
        self._counts.append(len(record.boxes))
        for box in record.boxes:
            self._labels.append(self._classes.setdefault(box.label, len(self._classes)))
            self._boxes.extend((box.x, box.y, box.width, box.height))
            self._areas.append(np.nan if box.area is None else box.area)
            self._crowd.append(box.crowd)
            self._difficult.append(box.difficult)

    def together(self) -> Annotated:
        """All of them so far; no image can be added while somebody holds the columns."""
        return Annotated(
            names=tuple(self._names),
            digests=np.frombuffer(self._digests, np.uint8).reshape(-1, DIGEST_BYTES),
            sizes=np.frombuffer(self._sizes, np.float64).reshape(-1, 2),
            counts=np.frombuffer(self._counts, np.int64),
            classes=tuple(self._classes),
            label=np.frombuffer(self._labels, np.int64),
            boxes=np.frombuffer(self._boxes, np.float64).reshape(-1, 4),
            area=np.frombuffer(self._areas, np.float64),
            crowd=np.frombuffer(self._crowd, np.bool_),
            difficult=np.frombuffer(self._difficult, np.bool_),
        )
