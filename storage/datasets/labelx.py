"""Reads LabelX / DataOcean packages: `*.jsonl` with one JSON object an image and line, and the images beside them.

    {"image": "images/0001.jpg", "width": 1920, "height": 1080,
     "classifications": [{"key": "kind", "tool": "radio", "value": "bus"},
                         {"key": "damage", "tool": "checkbox", "value": ["door", "glass"]},
                         {"key": "plate", "tool": "text", "value": "AB123"}],
     "boxes": [{"label": "car", "x": 10.5, "y": 20, "width": 100, "height": 80, "attributes": {"side": "left"}}],
     "attributes": {"time": "night"}}

`image`: the file's path in the package, or its name alone where that is clear; it must be there.
`classifications`: what was answered for the whole image. May also be an object by key, `{"kind": {"tool": "radio",
"value": "bus"}}` or, for radio, just `{"kind": "bus"}`. Tools: `radio` (one value: a classification task), `text` (what
is written there: a sequence), `checkbox` and any other (kept as attributes). A key has one tool in the whole package,
and an image one value for it, attributes of its name included.
`boxes`: `label` and either `x`, `y`, `width`, `height` or `bbox` (those four), in pixels of the upright image; optional
`area`, `crowd`, `difficult`, `attributes`. `width`, `height` of the image: if said, they must be the file's.
A line with `labels` and no image, `{"labels": ["car", "bus"]}`, names all classes of boxes in order, those without
boxes too.
`attributes`: anything else worth comparing by, as text, number or truth value (200 of an image,
1000 characters each). Unknown fields are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from storage.datasets.files import Files, PackageError, Parts
from storage.datasets.gathering import (
    DETAIL_CHARS_MAX,
    LABEL_CHARS_MAX,
    TEXT_CHARS_MAX,
    Gatherer,
    RawBox,
    as_text,
    texts,
)
from storage.datasets.source import Contents, choose_split, refuse_splits

LINE_BYTES_MAX = 4 << 20
LINES_MAX = 1_000_000
RADIO, TEXT = "radio", "text"


class _Answer(msgspec.Struct):
    key: str = ""
    tool: str = RADIO
    value: Any = None


class _Box(msgspec.Struct):
    label: str
    x: float | None = None
    y: float | None = None
    width: float | None = None
    height: float | None = None
    bbox: list[float] | None = None
    area: float | None = None
    crowd: bool = False
    difficult: bool = False
    attributes: dict[str, Any] | None = None


class _Line(msgspec.Struct):
    image: str = ""
    labels: list[str] | None = None
    width: float = 0
    height: float = 0
    classifications: list[_Answer] | dict[str, _Answer | str] | None = None
    boxes: list[_Box] | None = None
    attributes: dict[str, Any] | None = None


def labelx_tables(files: Files) -> list[Parts]:
    """The files of JSON lines."""
    return [parts for parts in files if parts[-1].lower().endswith(".jsonl")]


def read_labelx(files: Files, split: str = "") -> Contents:
    """The images that the lines name. Lines that cannot be read are in the ledger, the others count.

    Raises:
        PackageError: `annotations_missing`, `package_splits`, `package_split_missing`, `package_lines_too_many`,
            `package_boxes_too_many`.
    """
    choose_split(files, split)
    tables = labelx_tables(files)
    if not tables:
        raise PackageError("annotations_missing", format="labelx", wanted="*.jsonl")
    refuse_splits(tables)
    gatherer = Gatherer(files)
    tools: dict[str, str] = {}
    labels: dict[str, None] = {}
    decoder = msgspec.json.Decoder(_Line)
    for table in tables:
        for where, data in _lines(files, table):
            if len(data) > LINE_BYTES_MAX:
                gatherer.drop(where, "line_too_long", max=LINE_BYTES_MAX)
                continue
            try:
                line = decoder.decode(data)
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
                gatherer.drop(where, "line_malformed", detail=error)
                continue
            if line.image:
                _add(gatherer, line, tools, table[:-1])
            elif line.labels:
                labels.update(dict.fromkeys(each for each in line.labels if 0 < len(each) <= LABEL_CHARS_MAX))
            else:
                gatherer.drop(where, "line_malformed", detail="image")
        files.leave_out(table)
    return gatherer.finish(tools, labels)


def _lines(files: Files, table: Parts) -> Iterator[tuple[str, bytes]]:
    """The lines that are not empty, each with where it is."""
    data = (files.read(table) or b"").removeprefix(b"\xef\xbb\xbf")
    if data.count(b"\n") > LINES_MAX:
        raise PackageError("package_lines_too_many", file="/".join(table)[:DETAIL_CHARS_MAX], max=LINES_MAX)
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield f"{'/'.join(table)}:{number}", line


def _add(gatherer: Gatherer, line: _Line, tools: dict[str, str], folder: Parts) -> None:
    name = line.image
    found = gatherer.finder.named(name, folder)
    gatherer.place(found, lambda parts: _said(gatherer, line, tools, parts), lambda code: gatherer.drop(name, code))


def _said(gatherer: Gatherer, line: _Line, tools: dict[str, str], parts: Parts) -> None:
    name = line.image
    values = texts(line.attributes)
    for answer in _answers(line):
        tool = tools.setdefault(answer.key, answer.tool)
        if answer.tool != tool:
            gatherer.without(parts, name, "tool_differs", key=answer.key, tool=answer.tool, wanted=tool)
            return
        if _malformed(answer):
            gatherer.without(parts, name, "answer_malformed", key=answer.key, tool=tool)
            return
        if text := as_text(answer.value):
            if values.get(answer.key, text) != text:
                gatherer.without(parts, name, "answer_twice", key=answer.key, one=values[answer.key], other=text)
                return
            values[answer.key] = text
    boxes = [_raw(box) for box in line.boxes or ()]
    if None in boxes:
        gatherer.without(parts, name, "box_malformed")
        return
    raws = (box for box in boxes if box is not None)
    gatherer.add(parts, name, values=values, boxes=raws, size=(line.width, line.height))


def _malformed(answer: _Answer) -> bool:
    """Whether a task could not take the answer as it is: not one value, or too long to be kept whole."""
    chars_max = {RADIO: LABEL_CHARS_MAX, TEXT: TEXT_CHARS_MAX}.get(answer.tool)
    if chars_max is None or answer.value is None:
        return False
    return not isinstance(answer.value, str | int) or len(str(answer.value)) > chars_max


def _answers(line: _Line) -> Iterator[_Answer]:
    if isinstance(line.classifications, dict):
        for key, answer in line.classifications.items():
            given = answer if isinstance(answer, _Answer) else _Answer(value=answer)
            yield msgspec.structs.replace(given, key=key[:LABEL_CHARS_MAX])
    else:
        for answer in line.classifications or ():
            if answer.key:
                yield msgspec.structs.replace(answer, key=answer.key[:LABEL_CHARS_MAX])


def _raw(box: _Box) -> RawBox | None:
    """The box with its four numbers, if it has them."""
    numbers = box.bbox if box.bbox is not None else [box.x, box.y, box.width, box.height]
    if len(numbers) != 4 or None in numbers:
        return None
    x, y, width, height = (each or 0.0 for each in numbers)
    return RawBox(
        box.label, x, y, width, height, box.area, box.crowd, box.difficult, texts(box.attributes), said=box.label
    )
