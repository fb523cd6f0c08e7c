"""Child: runs a Tron over images that nobody labelled, and keeps what it answered to each."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from agents.evaluation.loading import Loaded, load, model_alone
from agents.evaluation.matching import Labelled
from agents.evaluation.passes import Model, Passes
from agents.evaluation.pipeline import results_of
from agents.evaluation.plan import PACK_FILE, PLAN_FILE, RESULTS_FILE, SUMMARY_FILE, TRON_FILE, Plan
from agents.evaluation.quick_plan import IMAGES_FILE, IMAGES_MAX, QuickSummary
from agents.evaluation.scoring.boxes import found_only
from agents.evaluation.scoring.collected import Asked, Collected
from agents.evaluation.scoring.images import classified
from agents.preprocessing import decode
from agents.sandbox.inside import Refused, Report, Steady, inputs, outputs, run, tallied
from schemas.results import DetectedPart, ReadPart, Results, encode
from schemas.specs.parts import TaskSpec
from schemas.specs.testing import TestOptions, head_tasks
from storage.datasets.files import PackageError
from storage.datasets.images import image_problem
from storage.datasets.pack import DatasetPack, DroppedRecord, PackError, PackInfo, PackWriter
from storage.datasets.package import open_package
from storage.plugins import register_installed
from storage.tron_file import TronFileError


def gathered(package_file: Path, pack_file: Path) -> PackInfo:
    """A pack of the package's images, without labels; what is no image is left out by name.

    Raises:
        PackageError: as `open_package`.
        Refused: `quick_check_too_large`, `no_images_left`.
    """
    with open_package(package_file, "images") as package, PackWriter(pack_file) as writer:
        if len(package) > IMAGES_MAX:
            raise Refused("quick_check_too_large", images=len(package), max=IMAGES_MAX)
        for record in package:
            data = package.read(record)
            header = image_problem(data)
            if isinstance(header, DroppedRecord):
                writer.drop(msgspec.structs.replace(header, name=record.name))
                continue
            image = decode(data or b"", 3)
            if image is None:
                writer.drop(DroppedRecord(name=record.name, code="image_broken"))
                continue
            height, width = image.shape[:2]
            writer.add(data or b"", name=record.name, suffix=header.format, width=width, height=height, labels={})
        for dropped in package.dropped:
            writer.drop(dropped)
        info = writer.finish((), "classification")
    if not info.images:
        raise Refused("no_images_left", skipped=info.dropped, reasons=tallied(info.reasons))
    return info


def _named_tasks(model: Model) -> dict[tuple[int, int], TaskSpec]:
    """Each network's tasks (network, task), under names that no two of them share."""
    every = [
        (number, place, network.about.sub.name, task)
        for number, network in enumerate(model.networks)
        for place, task in enumerate(network.about.sub.tasks)
    ]
    named = head_tasks([(sub, task) for *_, sub, task in every])
    return {(number, place): task for (number, place, *_), task in zip(every, named, strict=True)}


def _results(passes: Passes, collected: Collected) -> Results:
    """What every network answered, nothing of which can be right or wrong."""
    model, usual = passes.model, TestOptions()
    asked = Asked(usual.iou_threshold, usual.size_policy, ())
    tasks = _named_tasks(model)
    found: list[DetectedPart] = [
        found_only(tasks[number, 0].name, tasks[number, 0].classes, collected.found(number), asked)
        for number in collected.detectors
    ]
    matches = [match._replace(task=tasks[model.heads[match.output]].name) for match in model.matches]
    return msgspec.structs.replace(
        results_of(collected.said()),
        classified=tuple(classified(match, collected.ranked(place)) for place, match in enumerate(matches)),
        detected=tuple(found),
        read=tuple(ReadPart(task=tasks[number, 0].name, texts=collected.texts(number)) for number in collected.readers),
    )


def _summary(passes: Passes, info: PackInfo, loaded: Loaded, images: int, total_ms: float) -> QuickSummary:
    reasons = Counter(info.reasons) + Counter(each.code for each in passes.skipped)
    return QuickSummary(
        images=images,
        skipped=sum(reasons.values()),
        reasons=dict(sorted(reasons.items())),
        preprocess=passes.preprocess.timing(),
        inference=passes.inference.timing(),
        postprocess=passes.postprocess.timing(),
        total_ms=total_ms,
        used=loaded.networks[0].session.used(),
        trials=loaded.trials,
    )


def _check(plan: Plan, pack: DatasetPack, report: Report) -> None:
    loaded = load(plan, inputs() / TRON_FILE, None)
    passes = Passes(model_alone(loaded), pack, plan.batch_size)
    images = [Labelled(pack.records, place) for place in range(len(pack.records))]
    passes.warm_up()
    collected = Collected()
    begun = time.perf_counter()
    passes.run(images, Steady(report, "infer", len(images), start=0.3, stop=0.95), collected.take)
    total_ms = (time.perf_counter() - begun) * 1000
    if not collected.images:
        reasons = Counter(image.code for image in passes.skipped)
        raise Refused("no_images_left", skipped=len(passes.skipped), reasons=tallied(reasons))
    summary = _summary(passes, pack.info, loaded, len(collected.images), total_ms)
    (outputs() / RESULTS_FILE).write_bytes(encode(_results(passes, collected)))
    (outputs() / SUMMARY_FILE).write_bytes(msgspec.json.encode(summary))


def check(report: Report) -> None:
    """The child's whole part."""
    report("load", 0.05)
    register_installed()
    plan = msgspec.json.decode((inputs() / PLAN_FILE).read_bytes(), type=Plan)
    try:
        gathered(inputs() / IMAGES_FILE, outputs() / PACK_FILE)
        with DatasetPack(outputs() / PACK_FILE) as pack:
            _check(plan, pack, report)
    except PackageError as error:
        raise Refused(error.code, **error.params) from error
    except TronFileError as error:
        raise Refused("tron_unreadable", error=error) from error
    except PackError as error:
        raise Refused("pack_unreadable", error=error) from error


if __name__ == "__main__":
    sys.exit(run(check))
