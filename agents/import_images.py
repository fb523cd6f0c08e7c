"""Child: makes a dataset pack of an uploaded package; every image is decoded once, what is no image is left out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agents.importing import INFO_FILE, PACK_FILE, PACKAGE_FILE
from agents.preprocessing import decode
from agents.sandbox.inside import Refused, Report, Steady, inputs, outputs, run, tallied
from schemas.specs.mapping import Mapper, own, own_pairs
from schemas.values import Code
from storage.datasets.files import PackageError
from storage.datasets.image_header import ImageHeader, image_header
from storage.datasets.pack import DroppedRecord, PackInfo, PackTask, PackWriter, reasons_of
from storage.datasets.package import Package, open_package
from storage.datasets.source import SourceRecord

PIXELS_MAX = 100_000_000

_END_OF_IMAGE = {"jpg": b"\xff\xd9", "png": b"IEND"}
_END_SEARCHED_BYTES = 64 << 10


def image_problem(data: bytes | None) -> ImageHeader | DroppedRecord:
    """The image's header if it is whole and harmless; else a record (without a name) that says why not."""
    if data is None:
        return DroppedRecord(name="", code="file_damaged")
    header = image_header(data)
    if header is None or header.width < 1 or header.height < 1:
        return DroppedRecord(name="", code="not_an_image")
    if header.width * header.height > PIXELS_MAX:
        params = {"width": str(header.width), "height": str(header.height), "max": str(PIXELS_MAX)}
        return DroppedRecord(name="", code="image_too_large", params=params)
    if _END_OF_IMAGE.get(header.format, b"") not in data[-_END_SEARCHED_BYTES:]:
        return DroppedRecord(name="", code="image_truncated")
    return header


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
        self._writer.add(
            data or b"",
            name=record.name,
            suffix=header.format,
            width=width,
            height=height,
            labels=mapped.labels,
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


def _import(path: Path, pack: Path, report: Report) -> PackInfo:
    with open_package(path, "imagefolder") as package, PackWriter(pack) as writer:
        if not package.records:
            raise _nothing_left(package.dropped)
        left = own(package.keys)
        if isinstance(left, Code):
            raise Refused(left.code, **left.params)
        work = _Import(package, writer, Mapper(left, own_pairs(left, package.keys)))
        for dropped in package.dropped:
            writer.drop(dropped)
        progress = Steady(report, "import", len(package), start=0.05, stop=0.9)
        for record in package:
            work.add(record)
            progress.step()
        return writer.finish(work.tasks(), left.kind)


def _nothing_left(dropped: Sequence[DroppedRecord]) -> Refused:
    return Refused("no_images_left", skipped=len(dropped), reasons=tallied(reasons_of(dropped)))


def import_package(report: Report) -> None:
    """The child's whole part."""
    try:
        info = _import(inputs() / PACKAGE_FILE, outputs() / PACK_FILE, report)
    except PackageError as error:
        raise Refused(error.code, **error.params) from error
    if not info.images:
        raise Refused("no_images_left", skipped=info.dropped, reasons=tallied(info.reasons))
    (outputs() / INFO_FILE).write_bytes(msgspec.json.encode(info))


if __name__ == "__main__":
    sys.exit(run(import_package))
