"""Methods whose networks give a set of boxes: those decoded by the graph, and the queries of DETR."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.evaluation.methods.base import Array, Candidates, Floats, Head, activated, corners, finite, scored


def decoded(outputs: Sequence[Array], head: Head) -> Candidates:
    """Boxes (n, 4) and scores (n, classes); or boxes, scores (n,) and classes (n,); or rows (n, 6) of all three."""
    if len(outputs) == 2:
        return scored(_pixels(outputs[0], head), activated(outputs[1], str(head.args["activation"])), head)
    if len(outputs) == 1:
        outputs = (outputs[0][:, :4], outputs[0][:, 4], outputs[0][:, 5])
    boxes, numbers, classes = outputs
    # One number a box has no others to be weighed against: softmax says nothing of it.
    scores = finite(activated(numbers, "sigmoid" if head.args["activation"] == "sigmoid" else "none"))
    # A graph that fills its rows up marks the empty ones with a score of 0 or an impossible class.
    real = (scores > head.number("score_threshold")) & (classes >= 0) & (classes < len(head.symbols))
    return Candidates(_pixels(boxes, head)[real], scores[real], classes[real].astype(np.int64))


def _pixels(boxes: Array, head: Head) -> Floats:
    """Boxes (n, 4) as left, top, right, bottom in pixels of the input."""
    how = head.args["box_format"]
    if how == "cxcywh":
        boxes = corners(boxes)
    elif how == "xywh":
        boxes = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    scale = head.sides if head.args["box_units"] == "relative" else np.float32(1)
    return (boxes * scale).astype(np.float32)


def detr(outputs: Sequence[Array], head: Head) -> Candidates:
    """Class numbers (n, classes; with softmax "no object" last) and boxes (n, 4): centre, size, parts of the input.

    Source: Carion et al. 2020: each query has its best class; with sigmoid (Deformable DETR, RT-DETR) each pair of
    query and class counts by itself.
    """
    numbers, boxes = outputs
    how = str(head.args["activation"])
    scores = activated(numbers, how)
    pixels = corners(boxes) * head.sides
    if how == "softmax":
        return scored(pixels, scores[:, :-1], head)
    return scored(pixels, scores, head._replace(args={**head.args, "multi_label": 1}))
