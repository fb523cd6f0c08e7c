"""A test's figures, by the kind of its dataset."""

from __future__ import annotations

from agents.evaluation.matching import values_of
from agents.evaluation.passes import Model
from agents.evaluation.scoring.boxes import score_boxes
from agents.evaluation.scoring.collected import Asked, Collected, Scored
from agents.evaluation.scoring.images import score_images
from agents.evaluation.scoring.texts import score_texts
from schemas.specs.testing import TestOptions
from storage.datasets.pack import PackInfo


def scored(model: Model, collected: Collected, info: PackInfo, options: TestOptions) -> tuple[Scored, Asked]:
    """The figures, and what was asked, with each image's values in the dimensions.

    Raises:
        Refused: `dimension_too_many_values`, and the codes of the kind's own scoring.
    """
    dimensions = tuple((each, values_of(collected.images, each)) for each in options.dimensions)
    asked = Asked(options.iou_threshold, options.size_policy, dimensions)
    match info.type:
        case "detection":
            return score_boxes(model, collected, asked, info), asked
        case "sequence":
            return score_texts(model, collected, asked), asked
        case _:
            return score_images(model, collected, asked), asked
