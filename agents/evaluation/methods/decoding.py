"""One image's outputs to its answer, whatever the method: Mo's own or a plug-in's."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from agents.evaluation.methods import anchors, grids, sequences, sets, suppression
from agents.evaluation.methods.base import Answer, Array, Candidates, Decode, Floats, Head, Indexes
from agents.geometry import Placement, back, clipped
from agents.sandbox.inside import Refused
from schemas.specs.method_spec import MethodSpec
from schemas.specs.methods import chosen, symbols
from schemas.specs.parts import Arg, TaskSpec

HEADS = "classification"
"""The method whose outputs are scored as they are, batch by batch: see `agents.evaluation.probabilities`."""
UNREAD = "raw"
"""The family whose outputs nobody reads."""

_DECODES: Mapping[str, Decode] = MappingProxyType(
    {
        "detection": sets.decoded,
        "yolo_v5": grids.yolo_v5,
        "yolo_v8": grids.yolo_v8,
        "ssd": anchors.anchored,
        "retinanet": anchors.anchored,
        "fcos": grids.fcos,
        "fastestdet": grids.fastestdet,
        "detr": sets.detr,
        "ctc": sequences.ctc,
    }
)
"""By the method's name."""


class Detections(NamedTuple):
    """Found in an image, best first: boxes (n, 4), left, top, right, bottom in pixels; scores (n,); classes (n,)."""

    boxes: Floats
    scores: Floats
    classes: Indexes


class Decoder:
    """Decodes the outputs of one network."""

    def __init__(
        self, spec: MethodSpec, args: Sequence[Arg], tasks: Sequence[TaskSpec], input_shape: tuple[int, int, int]
    ) -> None:
        """`input_shape` is (channels, height, width).

        Raises:
            ValueError: the plug-in's function is not there.
        """
        _, height, width = input_shape
        self.head = Head(spec.settled(args), symbols(args, tasks), width, height)
        self._args, self._decode = args, _function(spec)
        self._classes = [len(task.classes) for task in tasks] if spec.family == HEADS else None

    def answer(self, outputs: Sequence[Array]) -> Answer:
        """The answer to one image from all outputs of the network, without the batch.

        Raises:
            Refused: `anchors_do_not_match`: the arguments make other anchors or cells than the network has;
                `scores_not_finite`; `answer_does_not_fit_tasks`: a plug-in gives other numbers than one a class.
        """
        places = chosen(self._args, len(outputs))
        if places is None:
            raise ValueError("the argument outputs names outputs that are not there: convert the model again")
        answer: Answer = self._decode([np.asarray(outputs[place]) for place in places], self.head)
        if self._classes is not None and (found := [np.shape(each) for each in answer]) != [
            (count,) for count in self._classes
        ]:
            raise Refused("answer_does_not_fit_tasks", found=found, wanted=self._classes)
        return suppression.best(answer, self.head) if isinstance(answer, Candidates) else answer

    def detections(self, outputs: Sequence[Array], place: Placement) -> Detections:
        """What was found, in pixels of the image that the chain put at `place`; raises as `answer`, and

        Raises:
            TypeError: the method's family is another.
        """
        found = self.answer(outputs)
        if not isinstance(found, Candidates):
            raise TypeError(f"a {type(found).__name__} has no boxes: ask for the answer")
        boxes = back(found.boxes, place)
        if self.head.args.get("clip", 1):
            boxes = clipped(boxes, place)
        return Detections(boxes, found.scores, found.classes)


def decoder_for(
    spec: MethodSpec, args: Sequence[Arg], tasks: Sequence[TaskSpec], input_shape: tuple[int, int, int]
) -> Decoder | None:
    """What decodes the outputs of such a network, where there is something to decode; raises as `Decoder`."""
    if spec.name == HEADS or spec.family == UNREAD:
        return None
    return Decoder(spec, args, tasks, input_shape)


def _function(spec: MethodSpec) -> Decode:
    if (own := _DECODES.get(spec.name)) is not None:
        return own
    module, _, name = spec.decode.partition(":")
    try:
        function: Decode = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"the method {spec.name} names {spec.decode!r}, which is not there: {error}") from error
    return function
