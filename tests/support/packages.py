"""Packages for tests: zips with any names."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def zipped(folder: Path, content: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """A zip in the folder with these files."""
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in content.items():
            file.writestr(name, data)
    return path


def jsonl(*lines: object) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def coco(
    boxes: Mapping[str, list[tuple[str, list[float]]]], classes: tuple[str, ...] = ("car", "bus"), **more: Any
) -> bytes:
    """A COCO document: file name -> (class, bbox) each; `more` replaces whole tables."""
    names = list(boxes)
    annotations = [
        {
            "id": number,
            "image_id": names.index(name),
            "category_id": classes.index(label) + 1,
            "bbox": bbox,
            "area": 5.5,
        }
        for number, (name, label, bbox) in enumerate(
            (name, label, bbox) for name, found in boxes.items() for label, bbox in found
        )
    ]
    document = {
        "images": [{"id": number, "file_name": name, "width": 64, "height": 48} for number, name in enumerate(names)],
        "annotations": annotations,
        "categories": [{"id": number + 1, "name": name} for number, name in enumerate(classes)],
    }
    return json.dumps({**document, **more}).encode()


def voc(*objects: str, filename: str = "", size: tuple[int, int] = (64, 48)) -> bytes:
    """A VOC annotation around these `<object>` bodies."""
    body = "".join(f"<object>{each}</object>" for each in objects)
    shape = f"<size><width>{size[0]}</width><height>{size[1]}</height><depth>3</depth></size>"
    return f"<annotation><filename>{filename}</filename>{shape}{body}</annotation>".encode()


def bndbox(name: str, left: float, top: float, right: float, bottom: float, more: str = "") -> str:
    """The body of a VOC object."""
    sides = f"<xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>"
    return f"<name>{name}</name>{more}<bndbox>{sides}</bndbox>"
