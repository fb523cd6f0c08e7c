"""What tests left, decoded once and kept while it is asked for: objects never change, so neither does what is in them.

Bounded by the bytes of the objects, the least recently asked for goes first. Verdicts on a pair of tests are kept too.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

import msgspec

from api.outcomes import Difference, Seen, difference
from api.resources_tests import ClassRow
from schemas.reports import EvaluationReport
from schemas.results import decode as decode_results
from schemas.values import ObjectRef
from schemas.verdict.judging import intervals, verdicts
from schemas.verdict.replicates import ReplicatesError, Sample, decode
from schemas.verdict.words import Interval, Verdict

CACHE_BYTES_MAX = 256 << 20
SEEN_BYTES_MAX = 512 << 20
"""Of tests' images: they are larger, and people look at few tests at a time."""
PAIRS_MAX = 2000

V = TypeVar("V")
Load = Callable[[ObjectRef], Awaitable[bytes]]
Classes = dict[str, list[ClassRow]]
"""Task -> its classes."""


class Bounded(Generic[V]):
    """Values by key, each with a weight; above the bound those go that were not asked for longest."""

    def __init__(self, weight_max: int) -> None:
        self._max, self._weight = weight_max, 0
        self._kept: OrderedDict[object, tuple[int, V]] = OrderedDict()

    def get(self, key: object) -> V | None:
        """The value, which is then the newest."""
        if (found := self._kept.get(key)) is None:
            return None
        self._kept.move_to_end(key)
        return found[1]

    def put(self, key: object, weight: int, value: V) -> V:
        """Keep the value, unless it alone is over the bound; the value again."""
        if weight <= self._max and key not in self._kept:
            self._kept[key] = (weight, value)
            self._weight += weight
            while self._weight > self._max:
                _, (gone, _) = self._kept.popitem(last=False)
                self._weight -= gone
        return value


class Curve(NamedTuple):
    """A class's precision over recall, and how good it is; without points the class has only the bars."""

    name: str
    ap: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    points: tuple[float, ...] = ()
    scores: tuple[float | None, ...] = ()


class Kept(NamedTuple):
    """What a test left besides its figures; without a sample it has neither intervals nor verdicts."""

    classes: Classes
    sample: Sample | None
    intervals: Mapping[str, Interval] = {}
    curves: Mapping[str, tuple[Curve, ...]] = {}
    pairs: tuple[tuple[str, str], ...] = ()
    """Tasks of the model, and of the dataset what answers each, as they were matched in the end."""


class _Class(msgspec.Struct, frozen=True):
    name: str
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    support: int = 0
    objects: tuple[int, ...] = ()
    ap: tuple[float | None, ...] = ()
    curve: tuple[float, ...] = ()
    curve_scores: tuple[float | None, ...] = ()


class _Task(msgspec.Struct, frozen=True):
    task: str
    classes: tuple[_Class, ...]
    dataset_task: str = ""


class _Report(msgspec.Struct, frozen=True):
    """The part of a test's report that comparisons show."""

    tasks: tuple[_Task, ...] = ()
    detection: _Task | None = None


_decoder = msgspec.json.Decoder(_Report)


def kept_of(report: bytes, replicates: bytes | None) -> Kept:
    """What lies in a test's two objects; replicates of another version's arithmetic count as none.

    Raises:
        msgspec.MsgspecError: `report` is no report of a test.
    """
    told = _decoder.decode(report)
    tasks = (*told.tasks, *((told.detection,) if told.detection is not None else ()))
    classes = {
        task.task: [
            ClassRow(
                name=each.name,
                precision=each.precision,
                recall=each.recall,
                support=each.objects[0] if each.objects else each.support,
                ap=each.ap[0] if each.ap else None,
            )
            for each in task.classes
        ]
        for task in tasks
    }
    curves = {
        task.task: tuple(
            Curve(
                each.name,
                each.ap[0] if each.ap else None,
                each.precision,
                each.recall,
                each.f1,
                each.curve,
                each.curve_scores,
            )
            for each in task.classes
        )
        for task in tasks
    }
    pairs = tuple((task.task, task.dataset_task) for task in tasks)
    try:
        sample = decode(replicates) if replicates is not None else None
    except ReplicatesError:
        sample = None
    return Kept(classes, sample, intervals(sample) if sample is not None else {}, curves, pairs)


def report_of(data: bytes) -> bytes:
    """The report in these bytes as JSON of this version.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    report = msgspec.json.decode(data, type=EvaluationReport)
    return msgspec.json.encode(msgspec.structs.replace(report, images=()))


class Shelf:
    """The caches of one application."""

    def __init__(self) -> None:
        self._tests: Bounded[Kept] = Bounded(CACHE_BYTES_MAX)
        self._pairs: Bounded[Mapping[str, Verdict]] = Bounded(PAIRS_MAX)
        self._reports: Bounded[bytes] = Bounded(CACHE_BYTES_MAX)
        self._seen: Bounded[Seen] = Bounded(SEEN_BYTES_MAX)
        self._differences: Bounded[Difference] = Bounded(CACHE_BYTES_MAX)

    async def of(self, load: Load, report: ObjectRef, replicates: ObjectRef | None) -> Kept:
        """What a completed test left; raises as `load`."""
        key = (report.digest, replicates.digest if replicates is not None else "")
        if (found := self._tests.get(key)) is not None:
            return found
        told = await load(report)
        data = await load(replicates) if replicates is not None else None
        made = await asyncio.to_thread(kept_of, told, data)
        return self._tests.put(key, len(told) + len(data or b""), made)

    async def report(self, load: Load, ref: ObjectRef) -> bytes:
        """A test's report as JSON, without the images that old ones have in them; raises as `load` and `report_of`."""
        if (found := self._reports.get(ref.digest)) is not None:
            return found
        made = await asyncio.to_thread(report_of, await load(ref))
        return self._reports.put(ref.digest, len(made), made)

    async def seen(self, load: Load, ref: ObjectRef) -> Seen:
        """What a test said of each image.

        Raises:
            ResultsError: that is not what lies there. And those of `load`.
        """
        if (found := self._seen.get(ref.digest)) is not None:
            return found
        data = await load(ref)
        made = await asyncio.to_thread(lambda: Seen(decode_results(data)))
        return self._seen.put(ref.digest, len(data) + made.size_bytes, made)

    def difference(self, base: ObjectRef, test: ObjectRef, task: str, ours: Seen, theirs: Seen) -> Difference:
        """The images on which a task of two tests differs (base, test)."""
        key = (base.digest, test.digest, task)
        if (found := self._differences.get(key)) is not None:
            return found
        made = difference(ours, theirs, task)
        return self._differences.put(key, made.base.nbytes + made.test.nbytes + made.change.nbytes, made)

    def verdicts(
        self, test: ObjectRef | None, base: ObjectRef | None, ours: Kept, theirs: Kept
    ) -> Mapping[str, Verdict]:
        """Every figure of a test against the base's; none where one of them left no sample."""
        if test is None or base is None or ours.sample is None or theirs.sample is None:
            return {}
        key = (test.digest, base.digest)
        found = self._pairs.get(key)
        return found if found is not None else self._pairs.put(key, 1, verdicts(ours.sample, theirs.sample))


Judge = Callable[[ObjectRef | None, ObjectRef | None, Kept, Kept], Mapping[str, Verdict]]
