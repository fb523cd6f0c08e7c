"""The passes of a test over its dataset: one thread prepares the next batches, one infers, one reads what came out.
(With two processors, one does what the inferring one does not.)

Three rooms for a batch go round, so that memory does not grow with the dataset; every stage is timed by the thread that
does it. What a stage refuses ends the pass.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from agents.evaluation.matching import Labelled, Match
from agents.evaluation.methods.base import Array
from agents.evaluation.methods.decoding import Detections
from agents.evaluation.metrics.boxes import Indexes
from agents.evaluation.metrics.classification import TOP_MAX, top
from agents.evaluation.networks import Network, best_crop
from agents.evaluation.probabilities import Floats
from agents.evaluation.timing import Stopwatch
from agents.preprocessing import ChainError, Image, decode
from agents.sandbox.inside import Steady
from schemas.reports import SkippedImage
from storage.datasets.pack import DatasetPack

ROOMS = 3
"""One batch is prepared, one inferred, one read."""
PROCESSORS_FEW = 2
SWITCH_S = 0.0005
HELD_BYTES_MAX = 256 << 20
"""Decoded pixels that a batch keeps for networks that look at a part of the image; with more it goes as it is."""


class Model(NamedTuple):
    """What the passes need of the model: its networks (those that others look through first), the tasks to answer.

    `heads` says which network gives the numbers of a task: (network, task of that network), by the match's output.
    """

    networks: tuple[Network, ...]
    heads: tuple[tuple[int, int], ...]
    matches: tuple[Match, ...]


class Held:
    """An image in a batch: its pixels by number of channels where they are needed again, and the time it took."""

    def __init__(self, image: Labelled, pixels: dict[int, Image], seconds: float) -> None:
        self.image, self.pixels, self.seconds = image, pixels, seconds
        self.problem: str | None = None


class Room:
    """Room for one batch in every network, and what became of the batch so far."""

    def __init__(self, networks: Sequence[Network], batch_size: int) -> None:
        self.slots = [network.slots(batch_size) for network in networks]
        self.clear()

    def clear(self) -> None:
        """Empty the room."""
        self.held: list[Held] = []
        self.skipped: list[SkippedImage] = []
        self.outputs: list[list[Array]] = []
        self.found: dict[str, list[Detections]] = {}
        self.inferring: list[float] = []
        self.reading = 0.0
        self.whole = [0] * len(self.slots)

    @property
    def seen(self) -> int:
        """Images that were looked at for this batch."""
        return len(self.held) + len(self.skipped)

    @property
    def rows(self) -> list[int]:
        """The slots whose image went all the way."""
        return [slot for slot, each in enumerate(self.held) if each.problem is None]


class Ranked(NamedTuple):
    """A classification task's answers to a batch: class indexes and probabilities (images, at most 5), best first."""

    indexes: Indexes
    scores: Floats


class Answers(NamedTuple):
    """What a batch answered: by the place of the task's match for classification, else by the network's number."""

    ranked: Mapping[int, Ranked]
    found: Mapping[int, Sequence[Detections]]
    texts: Mapping[int, Sequence[str]]


Take = Callable[[Room, Answers], None]
"""Keeps what a batch answered; the answers have a row for each slot, also for those that did not go all the way."""


def answered(model: Model, room: Room, count: int) -> Answers:
    """What the outputs in the room say of its first `count` images."""
    scores: dict[int, list[Floats]] = {}
    found: dict[int, Sequence[Detections]] = {}
    texts: dict[int, Sequence[str]] = {}
    for number, network in enumerate(model.networks):
        outputs = room.outputs[number]
        match network.family:
            case "classification":
                scores[number] = network.scores(outputs, count)
            case "detection":
                known = room.found.get(network.about.sub.name)
                found[number] = known or network.detections(outputs, room.slots[number], count)
            case "sequence":
                texts[number] = network.texts(outputs, count)
    heads = [model.heads[match.output] for match in model.matches]
    own = {place: scores[number][task] for place, (number, task) in enumerate(heads) if number in scores}
    return Answers({place: _ranked(each) for place, each in own.items()}, found, texts)


class Passes:
    """The passes over the dataset: the first one is kept, all of them are timed."""

    def __init__(self, model: Model, pack: DatasetPack, batch_size: int) -> None:
        self.model, self.pack, self.batch_size = model, pack, batch_size
        self.preprocess, self.inference, self.postprocess = Stopwatch(), Stopwatch(), Stopwatch()
        self.by_network = [Stopwatch() for _ in model.networks]
        self.boxes = [0] * len(model.networks)
        self.whole = [0] * len(model.networks)
        self.skipped: list[SkippedImage] = []
        self._sources = {network.about.source for network in model.networks} - {None}
        self._rooms = deque(Room(model.networks, batch_size) for _ in range(ROOMS))

    def warm_up(self) -> None:
        """One batch that no clock sees: the runtime plans its memory at the first one."""
        for network, slots in zip(self.model.networks, self._rooms[0].slots, strict=True):
            network.prepare(self.batch_size)
            network.trial(slots, self.batch_size)

    def run(self, images: Sequence[Labelled], progress: Steady, take: Take | None = None) -> None:
        """One pass; `take` is given the batches one after the other, in the order of the images."""
        with _quick_switches():
            self._run(iter(images), progress, take)

    def _run(self, waiting: Iterator[Labelled], progress: Steady, take: Take | None) -> None:
        filling: deque[Future[Room]] = deque()
        reading: deque[Future[Room]] = deque()
        with _hands() as (prepare, read):
            try:
                while True:
                    while self._rooms:
                        filling.append(prepare.submit(self._fill, self._rooms.popleft(), waiting))
                    room = filling.popleft().result()
                    if not room.seen:
                        break
                    self._infer(room)
                    progress.step(room.seen)
                    reading.append(read.submit(self._read, room, take))
                    while reading and (len(reading) > 1 or not filling):
                        self._rooms.append(reading.popleft().result())
            except BaseException:
                prepare.shutdown(wait=False, cancel_futures=True)
                raise
            # the others found nothing left to fill either
            self._rooms += [room, *(each.result() for each in (*filling, *reading))]

    def _fill(self, room: Room, waiting: Iterator[Labelled]) -> Room:
        """Bring the next images into the room until it is full or there are no more."""
        room.clear()
        held_bytes = 0
        for image in waiting:
            filled = self._put(room, len(room.held), image)
            if isinstance(filled, Held):
                room.held.append(filled)
                held_bytes += sum(each.nbytes for each in filled.pixels.values())
            else:
                room.skipped.append(SkippedImage(name=image.record.name, code=filled))
            if len(room.held) == self.batch_size or held_bytes > HELD_BYTES_MAX:
                break
        return room

    def _put(self, room: Room, slot: int, image: Labelled) -> Held | str:
        """Bring an image into its slot of every network that looks at whole images; the code why it cannot be done."""
        record = image.record
        data = self.pack.image(record)
        begun = time.perf_counter()
        pixels: dict[int, Image] = {}
        for number, network in enumerate(self.model.networks):
            if network.channels not in pixels:
                decoded = decode(data, network.channels)
                if decoded is None:
                    return "image_broken"
                pixels[network.channels] = decoded
            if network.about.source is None:
                try:
                    network.fill(room.slots[number], slot, pixels[network.channels], record.name)
                except ChainError as error:
                    return error.code
        return Held(image, pixels if self._sources else {}, time.perf_counter() - begun)

    def _infer(self, room: Room) -> None:
        """The batch through every network; boxes that another network looks at are read on the way."""
        count = len(room.held)
        for number, network in enumerate(self.model.networks if count else ()):
            about, slots = network.about, room.slots[number]
            if about.source is not None:
                self._crop(number, room, room.found[about.source])
            network.prepare(count)
            begun = time.perf_counter()
            room.outputs.append(network.infer(slots, count))
            inferred = time.perf_counter()
            room.inferring.append(inferred - begun)
            if about.sub.name in self._sources:
                room.found[about.sub.name] = network.detections(room.outputs[number], slots, count)
                room.reading += time.perf_counter() - inferred

    def _crop(self, number: int, room: Room, found: Sequence[Detections]) -> None:
        """Bring the best box of every image into the network that looks at it; the whole image where there is none."""
        network = self.model.networks[number]
        for slot, (each, boxes) in enumerate(zip(room.held, found, strict=True)):
            begun = time.perf_counter()
            whole = each.pixels[network.channels]
            part = best_crop(whole, boxes)
            room.whole[number] += part is None
            try:
                network.fill(room.slots[number], slot, whole if part is None else part, each.image.record.name)
            except ChainError as error:
                each.problem = each.problem or error.code
            each.seconds += time.perf_counter() - begun

    def _read(self, room: Room, take: Take | None) -> Room:
        """Read what came out, keep it where somebody wants it, and note the times."""
        count = len(room.held)
        if count:
            begun = time.perf_counter()
            answers = answered(self.model, room, count)
            if take is not None:
                take(room, answers)
            self.postprocess.add(room.reading + time.perf_counter() - begun, count)
            self.inference.add(sum(room.inferring), count)
            for clock, seconds in zip(self.by_network, room.inferring, strict=True):
                clock.add(seconds, count)
        for each in room.held:
            self.preprocess.add(each.seconds)
        if take is not None:
            self._count(room, answers.found if count else {})
        return room

    def _count(self, room: Room, found: Mapping[int, Sequence[Detections]]) -> None:
        """What the first pass has to tell of images and boxes."""
        self.skipped += room.skipped
        for each in room.held:
            if each.problem is not None:
                self.skipped.append(SkippedImage(name=each.image.record.name, code=each.problem))
        for number, each_found in found.items():
            self.boxes[number] += sum(len(each.boxes) for each in each_found)
        self.whole = [before + new for before, new in zip(self.whole, room.whole, strict=True)]


@contextmanager
def _hands() -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    """Who prepares and who reads: where there are but two processors one for both, so that inferring has the other.

    Three threads on two processors were measured to take 6 % longer than two.
    """
    with ThreadPoolExecutor(1, "prepare") as prepare:
        if len(os.sched_getaffinity(0)) <= PROCESSORS_FEW:
            yield prepare, prepare
            return
        with ThreadPoolExecutor(1, "read") as read:
            yield prepare, read


@contextmanager
def _quick_switches() -> Iterator[None]:
    """Whoever comes back from computing waits for the interpreter: by default up to 5 ms, as long as a whole batch."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _ranked(scores: Floats) -> Ranked:
    best = top(scores, TOP_MAX)
    return Ranked(best, np.take_along_axis(scores, best, axis=1))
