"""Child: makes a dataset pack of an uploaded package; every image is decoded once, what is no image is left out."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from agents.importing import INFO_FILE, PACK_FILE, PACKAGE_FILE
from agents.preprocessing import decode
from agents.sandbox.inside import Refused, Report, Steady, inputs, outputs, run, tallied
from storage.datasets.image_header import ImageHeader, image_header
from storage.datasets.imagefolder import Candidate, ImageFolder, PackageError
from storage.datasets.pack import DroppedRecord, PackInfo, PackTask, PackWriter

PIXELS_MAX = 100_000_000
TASK = "class"

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


def _add(writer: PackWriter, candidate: Candidate, data: bytes | None) -> bool:
    header = image_problem(data)
    if isinstance(header, DroppedRecord):
        writer.drop(msgspec.structs.replace(header, name=candidate.name))
        return False
    image = decode(data or b"", 3)
    if image is None:
        writer.drop(DroppedRecord(name=candidate.name, code="image_broken"))
        return False
    height, width = image.shape[:2]
    writer.add(
        data or b"",
        name=candidate.name,
        suffix=header.format,
        width=width,
        height=height,
        labels={TASK: candidate.label},
    )
    return True


def _import(package: Path, pack: Path, report: Report) -> PackInfo:
    with ImageFolder(package) as folder, PackWriter(pack) as writer:
        for record in folder.dropped:
            writer.drop(record)
        progress = Steady(report, "import", len(folder.candidates), start=0.05, stop=0.9)
        labels = set()
        for candidate in folder.candidates:
            if _add(writer, candidate, folder.read(candidate)):
                labels.add(candidate.label)
            progress.step()
        return writer.finish((PackTask(TASK, tuple(sorted(labels))),))


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
