"""Writes packages in the formats that Mo reads, image by image; what a format has no place for is counted as lost."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, NamedTuple, Self
from xml.sax.saxutils import escape

import msgspec
import yaml

from schemas.specs.mapping import Kind, Mapper
from schemas.values import Code
from storage.datasets.files import PackageError, name_parts
from storage.datasets.image_header import ImageHeader
from storage.datasets.pack import Box, DroppedRecord, PackTask, PackWriter
from storage.datasets.source import split_named
from storage.datasets.zipping import PackageZip, Stems

IMAGES, JPEG_IMAGES = "images/", "JPEGImages/"


class Picture(NamedTuple):
    """An image to be written: its name (a path of plain parts), bytes, what is said of it, its boxes in pixels."""

    name: str
    data: bytes
    header: ImageHeader
    values: Mapping[str, str]
    boxes: tuple[Box, ...]

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return self.name.rpartition(".")[0]


class Outline(NamedTuple):
    """What is known before the first image: the keys' tools, the boxes' classes in order, the mapping as it is."""

    tools: Mapping[str, str]
    labels: tuple[str, ...]
    mapper: Mapper

    @property
    def kind(self) -> Kind:
        """What kind of dataset it is."""
        return self.mapper.left.kind


class Writer(ABC):
    """Writes one package to a new file; a context manager.

    `lost` counts what the format has no place for; `dropped`, set before the end, is what of the sources is left out.
    """

    KINDS: ClassVar[frozenset[Kind]] = frozenset({"detection"})

    def __init__(self, path: Path, outline: Outline) -> None:
        self.outline = outline
        self.lost: Counter[str] = Counter()
        self.dropped: Sequence[DroppedRecord] = ()
        self.zip = PackageZip(path)
        self._stems = Stems()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.zip.__exit__(kind, error, at)

    @abstractmethod
    def add(self, picture: Picture) -> None:
        """Write the image and what is said of it."""

    @abstractmethod
    def finish(self) -> None:
        """Write what comes last."""

    def _flat(self, picture: Picture, room: str) -> str:
        """The image's name in the format's own folder for them: without the folders that mean a split, and free."""
        *folders, last = picture.name.removeprefix(room).split("/")
        stem, _, ending = last.rpartition(".")
        kept = [folder for folder in folders if split_named(folder) is None]
        return f"{self._stems.free('/'.join((*kept, stem)))}.{ending}"

    def _lose(self, picture: Picture, *, values: bool = True) -> None:
        """Count what plain boxes have no place for."""
        if values:
            self.lost["attributes"] += len(picture.values)
        for box in picture.boxes:
            self.lost["box_attributes"] += len(box.attributes)
            self.lost["area"] += box.area is not None


class LabelXWriter(Writer):
    """JSON lines, with everything."""

    KINDS = frozenset({"classification", "detection", "sequence"})

    def __init__(self, path: Path, outline: Outline) -> None:
        super().__init__(path, outline)
        self._lines = [msgspec.json.encode({"labels": outline.labels})] if outline.labels else []

    def add(self, picture: Picture) -> None:
        self.zip.add(picture.name, picture.data)
        width, height = picture.header.upright
        tools = self.outline.tools
        answers = [
            {"key": key, "tool": tools[key], "value": value}
            for key, value in picture.values.items()
            if tools.get(key, "attribute") != "attribute"
        ]
        beside = {key: value for key, value in picture.values.items() if tools.get(key, "attribute") == "attribute"}
        line: dict[str, Any] = {"image": picture.name, "width": width, "height": height}
        line |= {"classifications": answers} if answers else {}
        line |= {"boxes": picture.boxes} if picture.boxes or self.outline.labels else {}
        line |= {"attributes": beside} if beside else {}
        self._lines.append(msgspec.json.encode(line))

    def finish(self) -> None:
        self.zip.add("data.jsonl", b"\n".join([*self._lines, b""]))


class CocoWriter(Writer):
    """One JSON; keys of images and attributes of boxes go along as `attributes`, `difficult` as it is."""

    def __init__(self, path: Path, outline: Outline) -> None:
        super().__init__(path, outline)
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._ids = {label: number for number, label in enumerate(outline.labels, start=1)}

    def add(self, picture: Picture) -> None:
        self.zip.add(picture.name, picture.data)
        width, height = picture.header.upright
        image = {"id": len(self._images) + 1, "file_name": picture.name, "width": width, "height": height}
        self._images.append(image | ({"attributes": picture.values} if picture.values else {}))
        for box in picture.boxes:
            annotation = {
                "id": len(self._annotations) + 1,
                "image_id": image["id"],
                "category_id": self._ids[box.label],
                "bbox": [box.x, box.y, box.width, box.height],
                "area": box.pixels,
                "iscrowd": int(box.crowd),
            }
            annotation |= {"difficult": 1} if box.difficult else {}
            annotation |= {"attributes": box.attributes} if box.attributes else {}
            self._annotations.append(annotation)

    def finish(self) -> None:
        categories = [{"id": number, "name": label} for label, number in self._ids.items()]
        document = {"images": self._images, "annotations": self._annotations, "categories": categories}
        self.zip.add("annotations.json", msgspec.json.encode(document))


class VocWriter(Writer):
    """One XML an image. Crowds become `difficult`: both are neither found nor missed."""

    def add(self, picture: Picture) -> None:
        name = self._flat(picture, JPEG_IMAGES)
        self.zip.add(JPEG_IMAGES + name, picture.data)
        width, height = picture.header.upright
        objects = "".join(map(_voc_object, picture.boxes))
        text = (
            f"<annotation><filename>{escape(name)}</filename>"
            f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>{objects}</annotation>\n"
        )
        self.zip.add(f"Annotations/{name.rpartition('.')[0]}.xml", text.encode())
        self._lose(picture)
        for box in picture.boxes:
            self.lost["box_attributes"] -= len(_voc_beside(box))
            self.lost["crowd"] += box.crowd

    def finish(self) -> None:
        """Nothing comes last."""


def _voc_object(box: Box) -> str:
    if not _in_xml(box.label) or box.label != box.label.strip():
        raise PackageError("class_name_not_allowed", name=box.label[:100], format="voc")
    sides = {"xmin": box.x + 1, "ymin": box.y + 1, "xmax": box.x + box.width, "ymax": box.y + box.height}
    bounds = "".join(f"<{name}>{value!r}</{name}>" for name, value in sides.items())
    beside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in _voc_beside(box).items())
    difficult = int(box.difficult or box.crowd)
    return (
        f"<object><name>{escape(box.label)}</name>{beside}<difficult>{difficult}</difficult>"
        f"<bndbox>{bounds}</bndbox></object>"
    )


def _voc_beside(box: Box) -> dict[str, str]:
    said = ((name, box.attributes.get(name)) for name in ("pose", "truncated", "occluded"))
    return {name: value for name, value in said if value is not None and _in_xml(value)}


def _in_xml(text: str) -> bool:
    """Whether XML has a place for every character."""
    return not any(ord(char) < 32 or ord(char) in (0xFFFE, 0xFFFF) for char in text)


class YoloWriter(Writer):
    """One text an image, boxes clipped to it as training tools demand. Crowds and difficult boxes are left out."""

    def __init__(self, path: Path, outline: Outline) -> None:
        super().__init__(path, outline)
        self._ids = {label: number for number, label in enumerate(outline.labels)}

    def add(self, picture: Picture) -> None:
        name = self._flat(picture, IMAGES)
        self.zip.add(IMAGES + name, picture.data)
        lines = []
        for box in picture.boxes:
            if box.crowd or box.difficult:
                self.lost["crowd" if box.crowd else "difficult"] += 1
            else:
                lines.append(f"{self._ids[box.label]} {self._relative(box, picture.header.upright)}\n")
        self.zip.add(f"labels/{name.rpartition('.')[0]}.txt", "".join(lines).encode())
        self._lose(picture)

    def _relative(self, box: Box, size: tuple[int, int]) -> str:
        width, height = size
        left, top = max(box.x, 0.0), max(box.y, 0.0)
        right, bottom = min(box.x + box.width, float(width)), min(box.y + box.height, float(height))
        if not math.isclose((right - left) * (bottom - top), box.width * box.height, rel_tol=1e-9):
            self.lost["clipped"] += 1
        numbers = (
            (left + right) / 2 / width,
            (top + bottom) / 2 / height,
            (right - left) / width,
            (bottom - top) / height,
        )
        return " ".join(map(repr, numbers))

    def finish(self) -> None:
        names = {number: label for label, number in self._ids.items()}
        document = {"path": ".", "train": IMAGES.rstrip("/"), "val": IMAGES.rstrip("/"), "names": names}
        self.zip.add("data.yaml", yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode())


class ImageFolderWriter(Writer):
    """A folder a class, without folders in it; only for images with one class each."""

    KINDS = frozenset({"classification"})

    def __init__(self, path: Path, outline: Outline) -> None:
        tasks = outline.mapper.left.tasks
        if len(tasks) != 1:
            raise PackageError("key_not_clear", known=", ".join(task.name for task in tasks)[:200])
        for name in tasks[0].classes:
            if name_parts(name) != (name,):
                raise PackageError("class_name_not_allowed", name=name[:100], format="imagefolder")
        super().__init__(path, outline)

    def add(self, picture: Picture) -> None:
        mapped = self.outline.mapper.apply(picture.values, ())
        if isinstance(mapped, Code):
            self.lost["unlabelled"] += 1
            return
        (label,) = mapped.labels.values()
        stem, _, ending = picture.name.rpartition("/")[2].rpartition(".")
        self.zip.add(f"{self._stems.free(f'{label}/{stem}')}.{ending}", picture.data)
        self.lost["attributes"] += len(mapped.attributes)

    def finish(self) -> None:
        """Nothing comes last."""


class MoWriter(Writer):
    """Mo's own pack, as an import makes it."""

    KINDS = frozenset({"classification", "detection", "sequence"})

    def __init__(self, path: Path, outline: Outline) -> None:
        self.outline = outline
        self.lost = Counter()
        self.dropped = ()
        self._pack = PackWriter(path)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pack.__exit__(kind, error, at)

    def add(self, picture: Picture) -> None:
        mapped = self.outline.mapper.apply(picture.values, (box.label for box in picture.boxes))
        if isinstance(mapped, Code):
            self.lost["unlabelled"] += 1
            return
        width, height = picture.header.upright
        self._pack.add(
            picture.data,
            name=picture.name,
            suffix=picture.header.format,
            width=width,
            height=height,
            labels=mapped.labels,
            boxes=picture.boxes,
            attributes=mapped.attributes,
        )

    def finish(self) -> None:
        for record in self.dropped:
            self._pack.drop(record)
        left = self.outline.mapper.left
        self._pack.finish(tuple(PackTask(task.name, task.classes) for task in left.tasks), left.kind)


WRITERS: dict[str, type[Writer]] = {
    "labelx": LabelXWriter,
    "coco": CocoWriter,
    "voc": VocWriter,
    "yolo": YoloWriter,
    "imagefolder": ImageFolderWriter,
    "mo": MoWriter,
}
