"""The Tron on the pixels that PyTorch has answered to: outputs measured batch by batch, answers of both kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.conversion.measuring import difference
from agents.evaluation.matching import Labelled
from agents.evaluation.networks import Network
from agents.evaluation.passes import Held, Model, Room, answered
from agents.evaluation.scoring.collected import Collected
from agents.geometry import placement
from agents.preprocessing import normalise
from agents.sandbox.inside import Refused
from schemas.events.tests import ParityOutput

Array = NDArray[np.float32]


class Side(NamedTuple):
    """A network's pixels (images, channels, height, width), and what PyTorch answered to them, output by output."""

    pixels: NDArray[np.uint8]
    outputs: list[Array]


class Both:
    """The answers of both sides, and how far their outputs are apart."""

    def __init__(self, model: Model, batch_size: int) -> None:
        self.model, self.batch_size = model, batch_size
        self.pytorch, self.tron = Collected(), Collected()
        self._room = Room(model.networks, batch_size)
        self._theirs: dict[tuple[int, int], list[Array]] = {}
        self._ours: dict[tuple[int, int], list[Array]] = {}

    def batch(self, sides: Sequence[Side], start: int, images: Sequence[Labelled], rows: Sequence[int]) -> None:
        """The images from `start` on through the Tron; what both say of those in `rows` is kept.

        Raises:
            Refused: `reference_malformed`: PyTorch's outputs have other shapes than the Tron's; `output_not_finite`.
        """
        room, count = self._room, len(images)
        room.clear()
        room.held = [Held(image, {}, 0.0) for image in images]
        part = slice(start, start + count)
        theirs: list[list[NDArray[np.float32]]] = []
        for number, (network, side) in enumerate(zip(self.model.networks, sides, strict=True)):
            self._fill(number, network, side.pixels[part], images)
            network.prepare(count)
            room.outputs.append(network.infer(room.slots[number], count))
            theirs.append([each[part] for each in side.outputs])
            self._measure(number, theirs[-1], room.outputs[-1])
        ours = room.outputs
        for collected, said in ((self.tron, ours), (self.pytorch, theirs)):
            room.outputs = [list(each) for each in said]
            collected.keep(images, answered(self.model, room, count), rows)

    def _fill(self, number: int, network: Network, pixels: NDArray[np.uint8], images: Sequence[Labelled]) -> None:
        normalisation, slots = network.about.sub.normalisation, self._room.slots[number]
        for slot, (one, image) in enumerate(zip(pixels, images, strict=True)):
            normalise(one, normalisation.mean, normalisation.scale, slots.inputs[slot])
            slots.places[slot] = placement(image.record.width, image.record.height, network.steps)

    def _measure(self, number: int, theirs: Sequence[Array], ours: Sequence[NDArray[np.float32]]) -> None:
        for place, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            if one.shape != other.shape:
                raise Refused("reference_malformed", error=f"shape {one.shape}, the Tron has {other.shape}")
            self._theirs.setdefault((number, place), []).append(one)
            self._ours.setdefault((number, place), []).append(np.asarray(other, np.float32))

    def outputs(self) -> tuple[ParityOutput, ...]:
        """Every output over all images."""
        rows = []
        for (number, place), parts in self._theirs.items():
            sub = self.model.networks[number].about.sub
            theirs, ours = np.concatenate(parts), np.concatenate(self._ours[number, place])
            one = difference(sub.outputs[place].name, len(theirs), theirs, ours, "real")
            rows.append(ParityOutput(sub.name, one.output, one.max_abs, one.mean_abs, one.relative, one.cosine))
        return tuple(rows)
