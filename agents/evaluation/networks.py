"""One network of a Tron, loaded: fed with images, run by the batch, its outputs read by its method."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.evaluation.classification import Floats, softmax
from agents.evaluation.methods.base import Array
from agents.evaluation.methods.decoding import UNREAD, Detections, decoder_for
from agents.geometry import Placement, placement
from agents.preprocessing import Image, normalised, run_chain
from agents.runtimes.base import Session
from agents.sandbox.inside import Refused
from schemas.specs.method_spec import MethodSpec
from schemas.specs.methods import SCORED, chosen, method, proposed_chain
from schemas.specs.preprocessing import Step, chain_problem
from schemas.tron import SubModel, TronManifest


class Plain(NamedTuple):
    """A sub-model before it is loaded: its manifest entry, its method, and the detector whose box it looks at."""

    sub: SubModel
    spec: MethodSpec
    source: str | None

    @property
    def scored(self) -> bool:
        """Whether its answers can be compared with a dataset's labels."""
        return self.spec.family == SCORED


def plain(manifest: TronManifest) -> tuple[Plain, ...]:
    """The sub-models of a Tron, those that others look through first.

    Raises:
        Refused: `method_unknown`.
    """
    found = []
    for sub in manifest.sub_models:
        name = sub.method or manifest.method
        if (spec := method(name)) is None:
            raise Refused("method_unknown", method=name, sub_template=sub.name, known="-")
        source = next((str(arg.value) for arg in sub.args if arg.name == "crop_from"), None)
        found.append(Plain(sub, spec, source))
    return tuple(sorted(found, key=lambda each: each.source is not None))


def chain_of(sub: SubModel, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The preprocessing of a sub-model: the steps asked for, else its own, else the proposed ones.

    Raises:
        Refused: the codes of `chain_problem`.
    """
    if problem := chain_problem(steps):
        raise Refused(problem)
    return steps or sub.steps or proposed_chain(sub.input.shape, sub.args)


class Network:
    """A loaded sub-model with a batch of inputs to fill."""

    def __init__(self, about: Plain, session: Session, steps: tuple[Step, ...], batch_size: int) -> None:
        """Raises as `Decoder`."""
        self.about, self.session, self.steps = about, session, steps
        sub = about.sub
        self._decoder = decoder_for(about.spec, sub.args, sub.tasks, sub.input.shape)
        self._batch = np.zeros((batch_size, *sub.input.shape), np.float32)
        self._places: list[Placement] = [Placement(1, 1)] * batch_size
        self.distributions = self._distributions()

    @property
    def channels(self) -> int:
        """Colours of the images it takes."""
        return self.about.sub.input.shape[0]

    def _distributions(self) -> tuple[bool, ...]:
        """For each task, whether the network gives probabilities; a plug-in always does."""
        sub = self.about.sub
        if self._decoder is not None:
            return (True,) * len(sub.tasks)
        return tuple(sub.outputs[place].distribution for place in self._chosen())

    def _chosen(self) -> tuple[int, ...]:
        sub = self.about.sub
        places = chosen(sub.args, len(sub.outputs))
        if places is None:
            raise Refused("outputs_not_there", outputs=len(sub.outputs))
        return places

    def fill(self, slot: int, image: Image, name: str) -> None:
        """Bring an image (height, width, channels) into its slot of the batch.

        Raises:
            ChainError: the chain cannot run on this image. Refused: `chain_shape_wrong`, with the image's `name`.
        """
        sub = self.about.sub
        pixels = run_chain(image, self.steps)
        if pixels.shape != sub.input.shape:
            raise Refused("chain_shape_wrong", got=pixels.shape, wanted=sub.input.shape, image=name)
        self._batch[slot] = normalised(pixels, sub.normalisation.mean, sub.normalisation.scale)
        self._places[slot] = placement(image.shape[1], image.shape[0], self.steps)

    def infer(self, count: int) -> list[Array]:
        """All outputs for the first `count` slots."""
        return self.session.run({self.about.sub.input.name: self._batch[:count]})

    def scores(self, outputs: list[Array], count: int) -> list[Floats]:
        """Probabilities (count, classes) of each task.

        Raises:
            Refused: `output_not_finite`.
        """
        if self._decoder is not None:
            answers = [self._decoder.answer([output[slot] for output in outputs]) for slot in range(count)]
            rows = [np.stack(each) for each in zip(*answers, strict=True)]
            return [_finite(np.asarray(each, np.float32), number) for number, each in enumerate(rows)]
        found = []
        for place, distribution in zip(self._chosen(), self.distributions, strict=True):
            output = _finite(np.asarray(outputs[place], np.float32).reshape(count, -1), place)
            found.append(output if distribution else softmax(output))
        return found

    def read(self, outputs: list[Array], count: int) -> list[Detections | None]:
        """What a detector found in each image of the batch, in the pixels of the image that it was filled with.

        A network that reads text answers too, and has nothing to show: nothing scores it yet. One of the family `raw`
        is run and not read.

        Raises:
            Refused: `output_not_finite`, and those of `Decoder`.
        """
        for place, output in enumerate(outputs):
            _finite(output, place)
        if self.about.spec.family == UNREAD:
            return [None] * count
        if self._decoder is None:
            raise TypeError("classification has no boxes: ask for scores")
        found: list[Detections | None] = []
        for slot in range(count):
            own = [output[slot] for output in outputs]
            if self.about.spec.family == "detection":
                found.append(self._decoder.detections(own, self._places[slot]))
            else:
                self._decoder.answer(own)
                found.append(None)
        return found


def _finite(output: Array, place: int) -> Array:
    if not np.isfinite(output).all():
        raise Refused("output_not_finite", side="tron", output=place, batch=len(output))
    return output


def best_crop(image: Image, found: Detections | None) -> Image | None:
    """The part of the image in the best box, whole pixels and at least one; None where nothing was found."""
    if found is None or not len(found.boxes):
        return None
    left, top, right, bottom = found.boxes[0].tolist()
    height, width = image.shape[:2]
    x, y = (min(max(int(edge), 0), side - 1) for edge, side in ((left, width), (top, height)))
    return image[y : max(y + 1, math.ceil(bottom)), x : max(x + 1, math.ceil(right))]


def graph_path(folder: Path, position: int) -> Path:
    """Where a sub-model's graph is unpacked: a folder each, for weights beside it may have the same name."""
    return folder / f"graph{position}" / "graph.onnx"
