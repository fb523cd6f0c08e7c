"""Writes a collection of images to a package, each image read once and none decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from schemas.specs.mapping import mapper_for
from schemas.values import Code
from storage.datasets.collection import Collection, Member
from storage.datasets.files import PackageError, name_parts
from storage.datasets.images import image_problem
from storage.datasets.pack import Box, DroppedRecord, reasons_of
from storage.datasets.placing import placed
from storage.datasets.source import is_image
from storage.datasets.writers import WRITERS, Outline, Picture
from storage.datasets.zipping import Stems


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """A package that was written. `dropped`: by code, what of the sources is not in it; `lost`: what it cannot say.

    `lost` counts `attributes` (of images), `box_attributes`, `area` (of boxes, where it is not width x height), `crowd`
    and `difficult` (VOC: crowds that became difficult; YOLO: boxes left out), `clipped` boxes, `unlabelled` images.
    """

    path: str
    format: str
    images: int
    boxes: int
    dropped: dict[str, int] = {}
    lost: dict[str, int] = {}


Progress = Callable[[int, int], None]
"""Called with images done, and in all."""


def export(whole: Collection, target: Path, format_: str, progress: Progress | None = None) -> Exported:
    """Write the images to the new file `target`; nothing is there before all is.

    Raises:
        PackageError: `package_format_unknown`, `export_kind_wrong`, `package_without_labels`, `no_images_left`,
            `class_name_not_allowed`, `key_not_clear`.
        FileExistsError: there is something at `target`.
    """
    if (writer_type := WRITERS.get(format_)) is None:
        raise PackageError("package_format_unknown", format=format_[:100], known=", ".join(WRITERS))
    kind = whole.kind()
    if kind not in writer_type.KINDS:
        raise PackageError("export_kind_wrong", format=format_, kind=kind)
    if target.exists():
        raise FileExistsError(target)
    mapper = mapper_for(whole.said(), None, kind=kind)
    if isinstance(mapper, Code):
        raise PackageError(mapper.code, **mapper.params)
    part = target.with_name(f"{target.name}.part")
    try:
        with writer_type(part, Outline(whole.tools, whole.labels, mapper)) as writer:
            sieve = _Sieve(whole)
            for number, member in enumerate(whole.members, start=1):
                if (picture := sieve.take(member)) is not None:
                    writer.add(picture)
                if progress is not None:
                    progress(number, len(whole.members))
            if not sieve.images:
                raise PackageError("no_images_left", skipped=len(sieve.dropped), reasons=sieve.reasons())
            writer.dropped = sieve.dropped
            writer.finish()
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return Exported(
        path=str(target),
        format=format_,
        images=sieve.images,
        boxes=sieve.boxes,
        dropped=reasons_of(sieve.dropped),
        lost={name: count for name, count in sorted(writer.lost.items()) if count},
    )


class _Sieve:
    """Makes pictures of members, and counts those that cannot be."""

    def __init__(self, whole: Collection) -> None:
        self._once = whole.once
        self._before: dict[bytes, tuple[Mapping[str, str], tuple[Box, ...]]] = {}
        self._stems = Stems()
        self.images = self.boxes = 0
        packages = {id(member.package): member.package for member in whole.members}
        self.dropped = [record for package in packages.values() for record in package.dropped]

    def reasons(self) -> str:
        """What was dropped and why, as codes with their counts."""
        return ", ".join(f"{code}: {count}" for code, count in reasons_of(self.dropped).items())

    def take(self, member: Member) -> Picture | None:
        """The image if it can be used: its name made usable and unique, its boxes in pixels."""
        name = member.record.name
        data = member.package.read(member.record)
        header = image_problem(data)
        if isinstance(header, DroppedRecord):
            self.dropped.append(msgspec.structs.replace(header, name=name))
            return None
        data = data or b""
        digest = hashlib.sha256(data).digest()
        boxes = placed(member.record, header)
        if isinstance(boxes, DroppedRecord):
            self.dropped.append(boxes)
            return None
        inside, beside = boxes
        said = (member.record.values, inside)
        if self._once and (before := self._before.get(digest)) is not None:
            code = "image_twice" if before == said else "annotations_differ"
            self.dropped.append(DroppedRecord(name=name, code=code))
            return None
        self._before[digest] = said
        self.dropped += beside
        self.images += 1
        self.boxes += len(inside)
        return Picture(self._name(name, header.format), data, header, member.record.values, inside)

    def _name(self, name: str, suffix: str) -> str:
        parts = name_parts(name)
        if parts is None:
            name = f"image.{suffix}"
        elif not is_image(parts):
            name = f"{name}.{suffix}"
        stem, _, ending = name.rpartition(".")
        return f"{self._stems.free(stem)}.{ending}"
