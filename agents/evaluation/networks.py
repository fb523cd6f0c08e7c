"""One network of a Tron, loaded: fed with images, run by the batch, its outputs read by its method."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.evaluation.methods.base import Array
from agents.evaluation.methods.decoding import Decoder, Detections, decoder_for
from agents.evaluation.probabilities import Floats, softmax
from agents.geometry import Placement, placement
from agents.preprocessing import Image, normalise, run_chain
from agents.runtimes.base import Session
from agents.sandbox.inside import Refused
from schemas.specs.method_spec import Family, MethodSpec
from schemas.specs.methods import chosen, method, proposed_chain
from schemas.specs.preprocessing import Step, chain_problem
from schemas.tron import SubModel, TronManifest


class Plain(NamedTuple):
    """A sub-model before it is loaded: its manifest entry, its method, and the detector whose box it looks at."""

    sub: SubModel
    spec: MethodSpec
    source: str | None


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


class Slots:
    """Room for one batch of a network's inputs: which images lie where, and where the chain put them."""

    def __init__(self, batch_size: int, shape: tuple[int, int, int]) -> None:
        self.inputs: Floats = np.zeros((batch_size, *shape), np.float32)
        self.places: list[Placement] = [Placement(1, 1)] * batch_size


class Network:
    """A loaded sub-model: brings images into slots, runs a batch of them, reads what comes out."""

    def __init__(self, about: Plain, session: Session, steps: tuple[Step, ...]) -> None:
        """Raises as `Decoder`."""
        self.about, self.session, self.steps = about, session, steps
        sub = about.sub
        self._decoder = decoder_for(about.spec, sub.args, sub.tasks, sub.input.shape)
        self.distributions = self._distributions()

    @property
    def channels(self) -> int:
        """Colours of the images it takes."""
        return self.about.sub.input.shape[0]

    @property
    def family(self) -> Family:
        """What its answers are."""
        return self.about.spec.family

    def slots(self, batch_size: int) -> Slots:
        """Room for a batch."""
        return Slots(batch_size, self.about.sub.input.shape)

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

    def fill(self, slots: Slots, slot: int, image: Image, name: str) -> None:
        """Bring an image (height, width, channels) into a slot.

        Raises:
            ChainError: the chain cannot run on this image. Refused: `chain_shape_wrong`, with the image's `name`.
        """
        sub = self.about.sub
        pixels = run_chain(image, self.steps)
        if pixels.shape != sub.input.shape:
            raise Refused("chain_shape_wrong", got=pixels.shape, wanted=sub.input.shape, image=name)
        normalise(pixels, sub.normalisation.mean, sub.normalisation.scale, slots.inputs[slot])
        slots.places[slot] = placement(image.shape[1], image.shape[0], self.steps)

    def prepare(self, count: int) -> None:
        """Make ready for batches of `count`; raises as `trial`."""
        with _explained(count):
            self.session.prepare(count)

    def trial(self, slots: Slots, count: int) -> list[Array]:
        """As `infer`, whatever comes out: an empty image may well have no finite answer.

        Raises:
            Refused: `graph_fails_at_batch`, `batch_fixed`: uploaded graphs were tried by nobody.
        """
        with _explained(count):
            outputs = self.session.run({self.about.sub.input.name: slots.inputs[:count]})
        for place in chosen(self.about.sub.args, len(outputs)) or ():
            if (shape := outputs[place].shape)[:1] != (count,):
                name = self.session.outputs[place]
                raise Refused("batch_fixed", output=name, batch=shape[0] if shape else 1, shape=shape)
        return outputs

    def infer(self, slots: Slots, count: int) -> list[Array]:
        """All outputs for the first `count` slots.

        Raises:
            Refused: `output_not_finite`, and the codes of `trial`.
        """
        outputs = self.trial(slots, count)
        for place, output in enumerate(outputs):
            if output.dtype.kind == "f" and not np.isfinite(output).all():
                raise Refused("output_not_finite", side="tron", output=place, batch=len(output))
        return outputs

    def scores(self, outputs: list[Array], count: int) -> list[Floats]:
        """Probabilities (count, classes) of each task; raises as `Decoder`."""
        if self._decoder is not None:
            answers = [self._decoder.answer([output[slot] for output in outputs]) for slot in range(count)]
            return [np.stack(each).astype(np.float32) for each in zip(*answers, strict=True)]
        found = []
        for place, distribution in zip(self._chosen(), self.distributions, strict=True):
            output = np.asarray(outputs[place], np.float32).reshape(count, -1)
            found.append(output if distribution else softmax(output))
        return found

    def detections(self, outputs: list[Array], slots: Slots, count: int) -> list[Detections]:
        """What was found in each image of the batch, in the pixels of the image; raises as `Decoder`."""
        decoder = self._wanted()
        return [decoder.detections([output[slot] for output in outputs], slots.places[slot]) for slot in range(count)]

    def texts(self, outputs: list[Array], count: int) -> list[str]:
        """What was read in each image of the batch; raises as `Decoder`."""
        decoder = self._wanted()
        return [str(decoder.answer([output[slot] for output in outputs])) for slot in range(count)]

    def _wanted(self) -> Decoder:
        if self._decoder is None:
            raise TypeError(f"outputs of the family {self.family} are not decoded")
        return self._decoder


@contextmanager
def _explained(count: int) -> Iterator[None]:
    """What runtimes raise has no base of its own."""
    try:
        yield
    except Exception as error:
        raise Refused("graph_fails_at_batch", batch=count, error=error) from error


def best_crop(image: Image, found: Detections) -> Image | None:
    """The part of the image in the best box, whole pixels and at least one; None where nothing was found."""
    if not len(found.boxes):
        return None
    left, top, right, bottom = found.boxes[0].tolist()
    height, width = image.shape[:2]
    x, y = (min(max(int(edge), 0), side - 1) for edge, side in ((left, width), (top, height)))
    return image[y : max(y + 1, math.ceil(bottom)), x : max(x + 1, math.ceil(right))]


def graph_path(folder: Path, position: int) -> Path:
    """Where a sub-model's graph is unpacked: a folder each, for weights beside it may have the same name."""
    return folder / f"graph{position}" / "graph.onnx"
