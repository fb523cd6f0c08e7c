"""The images with each value of a statistics dimension. Pure numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from agents.evaluation.metrics.boxes import Marks


def by_value(values: Sequence[str | None]) -> Mapping[str, Marks]:
    """(images,) for each value, the most frequent first, of equal ones by name; who has no value is in no slice.

    Args:
        values: what each image has in the dimension.
    """
    counts = Counter(value for value in values if value is not None)
    column = np.array(values, np.object_)
    return {value: column == value for value, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0]))}
