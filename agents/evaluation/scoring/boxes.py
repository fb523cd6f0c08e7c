"""Detection: the boxes that were found against the dataset's, in total, by class and by slice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.matching import Match
from agents.evaluation.metrics.boxes import Found, Truths, areas
from agents.evaluation.metrics.curves import ap_inputs
from agents.evaluation.metrics.detection import ClassFigures, DetectionFigures, score, score_slice
from agents.evaluation.metrics.matches import DETECTIONS_MAX, Matches, match
from agents.evaluation.metrics.operating import image_counts, outcome
from agents.evaluation.metrics.slices import by_value
from agents.evaluation.passes import Model
from agents.evaluation.scoring.annotated import Annotated
from agents.evaluation.scoring.collected import Asked, Collected, Columns, Scored, slice_report
from agents.sandbox.inside import Refused
from schemas.events.tests import DetectionSummary
from schemas.reports import DetectionClass, DetectionReport, SliceReport, SliceTask
from schemas.results import DetectedPart, packed
from schemas.specs.testing import SizePolicy
from schemas.verdict.average_precision import Ranked, ap_drawn
from schemas.verdict.kinds import Drawn, Ratio
from schemas.verdict.weights import Digests
from storage.datasets.pack import PackInfo

Floats = NDArray[np.float64]


class Scene(NamedTuple):
    """Everything that is there and everything that was found, by the classes that model and dataset share."""

    classes: tuple[str, ...]
    truths: Truths
    found: Found
    truth_counts: NDArray[np.int64]
    counts: NDArray[np.int64]
    unscored: int


def score_boxes(model: Model, collected: Collected, asked: Asked, info: PackInfo) -> Scored:
    """The figures of a test on images with boxes.

    Raises:
        Refused: `no_objects_left`: there is nothing that could be found.
    """
    chosen = model.matches[0]
    number, _ = model.heads[chosen.output]
    known = {name for task in info.tasks if task.name == chosen.dataset_task for name in task.classes}
    said = collected.said()
    known.update(said.classes)
    scene = made_scene(said, collected.found(number), chosen.classes, known, asked.size_policy)
    matches = match(
        scene.truths,
        scene.found,
        images=len(collected.images),
        classes=len(scene.classes),
        iou=asked.iou_threshold,
    )
    figures = score(matches, scene.truths, scene.found)
    if not figures.objects:
        raise Refused("no_objects_left", images=len(collected.images), boxes=len(scene.truths.image))
    return Scored(
        measure="ap",
        accuracy=figures.ap,
        marks={},
        ratios=_ratios(matches, chosen.task, figures.operating.threshold),
        drawn={f"ap/{chosen.task}": _drawn(matches, said.digests, asked)},
        slices=_slices(matches, chosen.task, asked, figures.operating.threshold),
        detection=_report(chosen, scene, figures, asked),
        detected=(_part(chosen.task, scene, matches, figures, asked),),
    )


def made_scene(said: Annotated, found: Columns, classes: tuple[str, ...], known: set[str], policy: SizePolicy) -> Scene:
    """What is to be matched: of the model's classes those that the dataset has, in the model's order.

    A box of another class than those may be right or wrong, and nobody can tell.
    """
    shared = tuple(name for name in classes if name in known)
    place = {name: index for index, name in enumerate(shared)}
    labels = np.array([place.get(name, -1) for name in classes], np.int64)[found.labels]
    kept = labels >= 0
    image = np.repeat(np.arange(len(said.counts)), found.counts)[kept]
    corners = found.boxes[kept].astype(np.float64)
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    counts = np.bincount(image, minlength=len(said.counts))
    scores, area = found.scores[kept].astype(np.float64), areas(boxes, policy, said.sizes[image])
    there = Found(image, labels[kept], boxes, scores, area)
    return Scene(shared, _truths(said, place, policy), there, said.counts, counts, int((~kept).sum()))


def _truths(said: Annotated, place: dict[str, int], policy: SizePolicy) -> Truths:
    image = np.repeat(np.arange(len(said.counts)), said.counts)
    return Truths(
        image=image,
        label=np.array([place[name] for name in said.classes], np.int64)[said.label],
        boxes=said.boxes,
        area=areas(said.boxes, policy, said.sizes[image], said.area),
        crowd=said.crowd,
        ignore=said.difficult,
    )


def _ratios(matches: Matches, task: str, threshold: float) -> dict[str, Ratio]:
    right, found, objects = (each.astype(np.uint64) for each in image_counts(matches, threshold))
    return {f"precision/{task}": Ratio(right, found), f"recall/{task}": Ratio(right, objects)}


def _drawn(matches: Matches, digests: Digests, asked: Asked) -> dict[str, Drawn]:
    classes = []
    for each in ap_inputs(matches):
        seen = each.is_true | each.counted
        classes.append(Ranked(each.image[seen], each.is_true[seen], each.positives))
    return ap_drawn(classes, digests, asked.masks())


def _slices(matches: Matches, task: str, asked: Asked, threshold: float) -> tuple[SliceReport, ...]:
    found = []
    for dimension, values in asked.dimensions:
        for value, chosen in by_value(values).items():
            own = score_slice(matches, chosen, threshold)
            each = SliceTask(
                task=task, accuracy=_known(own.ap), precision=_known(own.precision), recall=_known(own.recall)
            )
            found.append(slice_report(dimension, value, own.images, (each,)))
    return tuple(found)


def _known(value: float) -> float | None:
    """What is undefined is -1 in COCO's arithmetic, and nothing where people read it."""
    return None if value < 0 else value


def _report(chosen: Match, scene: Scene, figures: DetectionFigures, asked: Asked) -> DetectionReport:
    at = figures.operating
    summary = DetectionSummary(
        ap=figures.ap,
        coco=tuple(figures.coco),
        threshold=at.threshold,
        precision=at.precision,
        recall=at.recall,
        f1=at.f1,
        objects=figures.objects,
        found=figures.found,
    )
    return DetectionReport(
        task=chosen.task,
        dataset_task=chosen.dataset_task,
        summary=summary,
        iou_threshold=asked.iou_threshold,
        size_policy=asked.size_policy,
        ap_by_size=tuple(map(_known, figures.by_size)),
        classes=tuple(_class(name, each) for name, each in zip(scene.classes, figures.classes, strict=True)),
        confusion=figures.confusion,
        unscored=scene.unscored,
        found_per_image_max=DETECTIONS_MAX[-1],
    )


def _class(name: str, own: ClassFigures) -> DetectionClass:
    drawn = own.objects[0] > 0
    return DetectionClass(
        name=name,
        objects=own.objects,
        ap=tuple(map(_known, own.ap)),
        found=own.found,
        precision=_known(own.precision),
        recall=_known(own.recall),
        f1=_known(own.f1),
        best_threshold=own.best.threshold,
        best_precision=_known(own.best.precision),
        best_recall=_known(own.best.recall),
        best_f1=_known(own.best.f1),
        curve=tuple(np.round(own.curve.precision, 6).tolist()) if drawn else (),
        curve_scores=tuple(None if np.isnan(each) else round(each, 6) for each in own.curve.scores.tolist())
        if drawn
        else (),
    )


def _part(task: str, scene: Scene, matches: Matches, figures: DetectionFigures, asked: Asked) -> DetectedPart:
    done = outcome(matches, figures.operating.threshold, len(scene.found.image))
    begins = np.concatenate(([0], np.cumsum(scene.truth_counts)))[scene.found.image]
    return DetectedPart(
        task=task,
        classes=scene.classes,
        iou_threshold=asked.iou_threshold,
        size_policy=asked.size_policy,
        threshold=figures.operating.threshold,
        counts=packed(scene.counts, "<i4"),
        boxes=packed(_corners(scene.found.boxes), "<f4"),
        scores=packed(scene.found.scores, "<f4"),
        labels=packed(scene.found.label, "<i4"),
        outcomes=packed(done.found, "u1"),
        partners=packed(np.where(done.partner < 0, -1, done.partner - begins), "<i4"),
        truth_counts=packed(scene.truth_counts, "<i4"),
        truth_boxes=packed(_corners(scene.truths.boxes), "<f4"),
        truth_labels=packed(scene.truths.label, "<i4"),
        truth_outcomes=packed(done.truths, "u1"),
    )


def _corners(boxes: Floats) -> Floats:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def found_only(task: str, classes: tuple[str, ...], found: Columns, asked: Asked) -> DetectedPart:
    """A detector's boxes where nobody said what is true."""
    return DetectedPart(
        task=task,
        classes=classes,
        iou_threshold=asked.iou_threshold,
        size_policy=asked.size_policy,
        threshold=0.0,
        counts=packed(found.counts, "<i4"),
        boxes=packed(found.boxes, "<f4"),
        scores=packed(found.scores, "<f4"),
        labels=packed(found.labels, "<i4"),
    )
