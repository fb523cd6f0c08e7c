"""The passes of a test over its dataset: decode, preprocess, infer, read, batch by batch; every stage timed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.evaluation.classification import TOP_MAX, Floats, Indexes, top
from agents.evaluation.matching import Labelled, Match
from agents.evaluation.methods.decoding import Detections
from agents.evaluation.networks import Network, best_crop
from agents.evaluation.timing import Stopwatch
from agents.preprocessing import ChainError, Image, decode
from agents.sandbox.inside import Steady
from schemas.reports import SkippedImage
from storage.datasets.pack import DatasetPack, ImageRecord


class Ranked(NamedTuple):
    """A task's answers to a batch: class indexes and probabilities (images, at most 5), best first."""

    indexes: Indexes
    scores: Floats


class Model(NamedTuple):
    """What the passes need of the model: its networks, those that others look through first, and the tasks to answer.

    `heads` says which network gives the numbers of a task: (network, task of that network), by the match's output.
    """

    networks: tuple[Network, ...]
    heads: tuple[tuple[int, int], ...]
    matches: tuple[Match, ...]


class _Held:
    """An image in a batch: its pixels by number of channels where they are needed again, and the time it took."""

    def __init__(self, image: Labelled, pixels: dict[int, Image], seconds: float) -> None:
        self.image, self.pixels, self.seconds = image, pixels, seconds
        self.problem: str | None = None


class Passes:
    """The passes over the dataset: the first one scores, all of them are timed."""

    def __init__(self, model: Model, pack: DatasetPack, batch_size: int) -> None:
        self.model, self.pack, self.batch_size = model, pack, batch_size
        self.preprocess, self.inference, self.postprocess = Stopwatch(), Stopwatch(), Stopwatch()
        self.by_network = [Stopwatch() for _ in model.networks]
        self.boxes = [0] * len(model.networks)
        self.whole = [0] * len(model.networks)
        self.skipped: list[SkippedImage] = []
        self._sources = {network.about.source for network in model.networks} - {None}

    def warm_up(self) -> None:
        """One batch that no clock sees: the runtime plans its memory at the first one."""
        for network in self.model.networks:
            network.infer(self.batch_size)

    def _fill(self, slot: int, image: Labelled) -> _Held | str:
        """Bring an image into its slot of every network that looks at whole images; the code why it cannot be done."""
        record = image.record
        data = self.pack.image(record)
        begun = time.perf_counter()
        pixels: dict[int, Image] = {}
        for network in self.model.networks:
            if network.channels not in pixels:
                decoded = decode(data, network.channels)
                if decoded is None:
                    return "image_broken"
                pixels[network.channels] = decoded
            if network.about.source is None and (problem := _put(network, slot, pixels, record)) is not None:
                return problem
        return _Held(image, pixels if self._sources else {}, time.perf_counter() - begun)

    def _crop(self, number: int, held: Sequence[_Held], found: Sequence[Detections | None]) -> None:
        """Bring the best box of every image into the network that looks at it; the whole image where there is none."""
        network = self.model.networks[number]
        for slot, (each, boxes) in enumerate(zip(held, found, strict=True)):
            begun = time.perf_counter()
            whole = each.pixels[network.channels]
            part = best_crop(whole, boxes)
            self.whole[number] += part is None
            pixels = {network.channels: whole if part is None else part}
            each.problem = each.problem or _put(network, slot, pixels, each.image.record)
            each.seconds += time.perf_counter() - begun

    def _answers(self, held: Sequence[_Held]) -> tuple[list[Labelled], list[Ranked]]:
        """One batch through every network: the images that could be read, and each task's answers to them."""
        count, reading, inferring = len(held), 0.0, 0.0
        found: dict[str, list[Detections | None]] = {}
        scores: dict[int, list[Floats]] = {}
        for number, network in enumerate(self.model.networks):
            about = network.about
            if about.source is not None:
                self._crop(number, held, found[about.source])
            begun = time.perf_counter()
            outputs = network.infer(count)
            inferred = time.perf_counter()
            if about.scored:
                scores[number] = network.scores(outputs, count)
            else:
                found[about.sub.name] = network.read(outputs, count)
                self.boxes[number] += sum(len(each.boxes) for each in found[about.sub.name] if each is not None)
            reading += time.perf_counter() - inferred
            inferring += inferred - begun
            self.by_network[number].add(inferred - begun, count)
        begun = time.perf_counter()
        rows = [slot for slot, each in enumerate(held) if each.problem is None]
        ranked = [self._ranked(scores, match, rows) for match in self.model.matches]
        self.postprocess.add(reading + time.perf_counter() - begun, count)
        self.inference.add(inferring, count)
        for each in held:
            self.preprocess.add(each.seconds)
            if each.problem is not None:
                self.skipped.append(SkippedImage(name=each.image.record.name, code=each.problem))
        return [held[slot].image for slot in rows], ranked

    def _ranked(self, scores: dict[int, list[Floats]], match: Match, rows: list[int]) -> Ranked:
        network, task = self.model.heads[match.output]
        own = scores[network][task][rows]
        best = top(own, TOP_MAX)
        return Ranked(best, np.take_along_axis(own, best, axis=1))

    def run(self, images: Sequence[Labelled], progress: Steady) -> tuple[list[Labelled], list[list[Ranked]]]:
        """One pass: the images that could be read, in order, and the batches' answers for each task."""
        read: list[Labelled] = []
        answers: list[list[Ranked]] = []
        held: list[_Held] = []
        for place, image in enumerate(images):
            filled = self._fill(len(held), image)
            if isinstance(filled, _Held):
                held.append(filled)
            else:
                self.skipped.append(SkippedImage(name=image.record.name, code=filled))
            if len(held) == self.batch_size or (held and place == len(images) - 1):
                whole, ranked = self._answers(held)
                read += whole
                answers.append(ranked)
                held = []
            progress.step()
        return read, answers


def _put(network: Network, slot: int, pixels: dict[int, Image], record: ImageRecord) -> str | None:
    """Fill the slot; the code why it cannot be done."""
    try:
        network.fill(slot, pixels[network.channels], record.name)
    except ChainError as error:
        return error.code
    return None
