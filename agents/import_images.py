"""Child: makes a dataset pack of an uploaded package; every image is decoded once, what is no image is left out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agents.import_plan import INFO_FILE, PACK_FILE, PACKAGE_FILE, PLAN_FILE, ImportPlan
from agents.preprocessing import decode
from agents.sandbox.inside import Refused, Report, Steady, inputs, outputs, run, tallied
from schemas.specs.mapping import Mapper, mapper_for
from schemas.values import Code
from storage.datasets.files import PackageError
from storage.datasets.images import image_problem
from storage.datasets.pack import DroppedRecord, PackInfo, PackTask, PackWriter, reasons_of
from storage.datasets.package import Package, open_package
from storage.datasets.placing import placed
from storage.datasets.source import SourceRecord


class _Import:
    """One package on its way into a pack."""

    def __init__(self, package: Package, writer: PackWriter, mapper: Mapper) -> None:
        self._package, self._writer, self._mapper = package, writer, mapper
        self._seen: dict[str, set[str]] = {task.name: set() for task in mapper.left.tasks}

    def add(self, record: SourceRecord) -> None:
        """Put the image into the pack, or its name into the drop ledger."""
        mapped = self._mapper.apply(record.values, (box.label for box in record.boxes))
        if isinstance(mapped, Code):
            self._writer.drop(DroppedRecord(name=record.name, code=mapped.code, params=mapped.params))
            return
        data = self._package.read(record)
        header = image_problem(data)
        if isinstance(header, DroppedRecord):
            self._writer.drop(msgspec.structs.replace(header, name=record.name))
            return
        image = decode(data or b"", 3)
        if image is None:
            self._writer.drop(DroppedRecord(name=record.name, code="image_broken"))
            return
        height, width = image.shape[:2]
        boxes = placed(record, header, (width, height))
        if isinstance(boxes, DroppedRecord):
            self._writer.drop(boxes)
            return
        for dropped in boxes[1]:
            self._writer.drop(dropped)
        self._writer.add(
            data or b"",
            name=record.name,
            suffix=header.format,
            width=width,
            height=height,
            labels=mapped.labels,
            boxes=boxes[0] if self._mapper.left.kind == "detection" else (),
            attributes=mapped.attributes,
        )
        for task, label in mapped.labels.items():
            self._seen[task].add(label)

    def tasks(self) -> tuple[PackTask, ...]:
        """The dataset's tasks: as they were wanted, or with the classes that are there where the package's own are."""
        left = self._mapper.left
        if not left.own or left.kind != "classification":
            return tuple(PackTask(task.name, task.classes) for task in left.tasks)
        seen = ((task, self._seen[task.name]) for task in left.tasks)
        return tuple(PackTask(task.name, tuple(each for each in task.classes if each in there)) for task, there in seen)


def _import(path: Path, pack: Path, plan: ImportPlan, report: Report) -> PackInfo:
    with open_package(path, plan.format, plan.split) as package, PackWriter(pack) as writer:
        if not package.records:
            raise _nothing_left(package.dropped)
        mapper = mapper_for(package.keys, plan.wanted, plan.pairs, plan.kind)
        if isinstance(mapper, Code):
            raise Refused(mapper.code, **mapper.params)
        work = _Import(package, writer, mapper)
        for dropped in package.dropped:
            writer.drop(dropped)
        progress = Steady(report, "import", len(package), start=0.05, stop=0.9)
        for record in package:
            work.add(record)
            progress.step()
        return writer.finish(work.tasks(), mapper.left.kind)


def _nothing_left(dropped: Sequence[DroppedRecord]) -> Refused:
    return Refused("no_images_left", skipped=len(dropped), reasons=tallied(reasons_of(dropped)))


def import_package(report: Report) -> None:
    """The child's whole part."""
    try:
        plan = msgspec.json.decode((inputs() / PLAN_FILE).read_bytes(), type=ImportPlan)
        info = _import(inputs() / PACKAGE_FILE, outputs() / PACK_FILE, plan, report)
    except PackageError as error:
        raise Refused(error.code, **error.params) from error
    if not info.images:
        raise Refused("no_images_left", skipped=info.dropped, reasons=tallied(info.reasons))
    (outputs() / INFO_FILE).write_bytes(msgspec.json.encode(info))


if __name__ == "__main__":
    sys.exit(run(import_package))
