"""A small world for the fields of a test: networks that see colours or count their batch, pictures made for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import cv2
import msgspec
import numpy as np
import onnx
from colour_networks import BLUE, RED, detector, model, picture, reader, sub
from onnx import helper
from packages import jsonl, zipped
from small_tron import entry_of, manifest, write_small

from api.client.client import Client
from api.resources import Job, Tron
from api.resources_images import ImageOutcome
from api.resources_tests import Test
from schemas.specs.parts import Arg, TaskSpec
from schemas.specs.preprocessing import CenterCrop, CvtRGB, Step, Transpose
from schemas.tron import Normalisation, OtherGraph, SubModel
from schemas.values import Platform, TronIdentity
from storage.tron_file import graph_entry

COLOURS = ("red", "green", "blue")
"""The classes of the images' `colour` (their edges) and `middle` tasks."""
COUNTED = (*COLOURS, *(str(count) for count in range(4, 17)))
IMAGES, WIDTH, HEIGHT, MIDDLE = 12, 96, 64, 32
SECONDS_MAX = 180
CROPPED: tuple[Step, ...] = (CenterCrop(width=MIDDLE, height=MIDDLE), CvtRGB(), Transpose())
"""The chain that one of the models brings along."""


def looker(light_from: float = 0.14) -> onnx.ModelProto:
    """The mean of each colour; and whether all together is brighter than a threshold (day) or not (night)."""
    nodes = [
        helper.make_node("ReduceMean", ["data", "axes"], ["colour"], keepdims=0),
        helper.make_node("ReduceMean", ["colour", "last"], ["grey"], keepdims=1),
        helper.make_node("Sub", ["grey", "from"], ["more"]),
        helper.make_node("Mul", ["more", "signs"], ["light"]),
    ]
    return model(
        nodes,
        {"colour": [3], "light": [2]},
        axes=np.array([2, 3]),
        last=np.array([1]),
        signs=np.array([[1, -1]], np.float32),
        **{"from": np.float32(light_from)},
    )


def counter() -> onnx.ModelProto:
    """How many images are in the batch, as a class: one is the first."""
    nodes = [
        helper.make_node("Shape", ["data"], ["batch"], start=0, end=1),
        helper.make_node("Cast", ["batch"], ["count"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Sub", ["counts", "count"], ["off"]),
        helper.make_node("Mul", ["off", "off"], ["square"]),
        helper.make_node("ReduceMean", ["data", "axes"], ["means"], keepdims=0),
        helper.make_node("ReduceMean", ["means", "last"], ["mean"], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Sub", ["nothing", "square"], ["counted"]),
    ]
    counts = np.arange(1, len(COUNTED) + 1, dtype=np.float32)[None]
    constants = {"axes": np.array([2, 3]), "last": np.array([1]), "zero": np.float32(0)}
    return model(nodes, {"counted": [len(COUNTED)]}, counts=counts, **constants)


def looks(made: onnx.ModelProto, colours: Sequence[str] = COLOURS) -> SubModel:
    """A network with the heads of `looker`."""
    tasks = (TaskSpec("colour", tuple(colours)), TaskSpec("light", ("day", "night")))
    return msgspec.structs.replace(sub(made, "classification", tasks[0]), tasks=tasks)


def other(made: onnx.ModelProto, precision: Literal["fp16", "int8"]) -> OtherGraph:
    """The same network as if it had been quantized."""
    entry = entry_of(graph_entry(1, "net"), made.SerializeToString())
    return OtherGraph(**msgspec.structs.asdict(entry), precision=precision)


def counts(made: onnx.ModelProto) -> SubModel:
    """The network of `counter`."""
    return sub(made, "classification", TaskSpec("colour", COUNTED))


def finds(made: onnx.ModelProto) -> SubModel:
    """The detector of the sixteen cells."""
    return sub(made, "detection", TaskSpec("object", ("spot", "blob")), Arg("score_threshold", "sf", 0.05))


def reads(made: onnx.ModelProto) -> SubModel:
    """The reader of four columns."""
    characters = Arg("characters", "vs", ("A", "B"))
    return sub(made, "ctc", TaskSpec("plate", ("A", "B")), characters, Arg("blank", "ss", "last"))


def painted(number: int) -> bytes:
    """Edges of one colour, a middle of the next one, every third column of the third: what a chain leaves decides.

    The first half is bright, the second one dim. Colours are in OpenCV's order: 0 is blue.
    """
    bright = 2 if number < IMAGES // 2 else 1
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    edge, middle, stripe = (2 - (number + step) % 3 for step in range(3))
    image[..., edge] = 60 * bright
    top, left = (HEIGHT - MIDDLE) // 2, (WIDTH - MIDDLE) // 2
    inner = image[top : top + MIDDLE, left : left + MIDDLE]
    inner[...] = 0
    inner[..., middle] = 127 * bright
    image[:, ::3] = 0
    image[:, ::3, stripe] = 60 * bright
    return bytes(cv2.imencode(".png", image)[1].tobytes())


def colour_lines() -> list[dict[str, Any]]:
    """What is said of the painted images: of the last one a wrong colour, so that the night is worse than the day."""
    lines = []
    for number in range(IMAGES):
        said = COLOURS[0] if number == IMAGES - 1 else COLOURS[number % 3]
        lines.append(
            {
                "image": f"{number:02}.png",
                "classifications": {"colour": said, "middle": COLOURS[(number + 1) % 3]},
                "attributes": {
                    "light": "day" if number < IMAGES // 2 else "night",
                    "place": ("in", "out")[number % 2],
                },
            }
        )
    return lines


def spots(number: int, scale: int = 3) -> tuple[bytes, dict[str, Any]]:
    """A bright cell, and the box that people drew for it: a quarter of its width too far to the right."""
    side = 8 * scale
    box = {"label": "spot", "x": side / 4, "y": 0, "width": side, "height": side}
    said = {"image": f"{number:02}.png", "boxes": [box], "attributes": {"light": ("day", "night")[number % 2]}}
    return picture((0, 0, RED, 255 - number), scale=scale), said


def plate(number: int) -> tuple[bytes, dict[str, Any]]:
    """Two characters, A and B, of which one is said wrongly in every third image."""
    squares = [(column, row, colour, 255 - number) for column, colour in ((0, RED), (2, BLUE)) for row in range(4)]
    answer = {"key": "plate", "tool": "text", "value": "AB" if number % 3 else "AA"}
    said = {"image": f"{number:02}.png", "classifications": [answer], "attributes": {"side": "ab"[number % 2]}}
    return picture(*squares), said


class FieldScene:
    """A running system with models and datasets in it, and a usual test, of which tests change one thing."""

    def __init__(self, mo: Client, folder: Path) -> None:
        self.mo, self.folder = mo, folder
        self.models: dict[str, Tron] = {}
        self.datasets: dict[str, UUID] = {}

    def ended(self, job: Job) -> Job:
        job = self.mo.jobs.wait(job.id, SECONDS_MAX)
        assert job.state == "completed", job.message
        return job

    def add_model(
        self, name: str, made: onnx.ModelProto, about: SubModel, platform: Platform = "nvidia", **changes: Any
    ) -> Tron:
        """Upload a Tron of this network, with these changes to what its manifest says of it."""
        about = msgspec.structs.replace(about, **changes)
        identity = TronIdentity(platform, "scene", name, about.method, "1")
        whole = msgspec.structs.replace(manifest(about), identity=identity, method=about.method)
        data = made.SerializeToString()
        entries = {each.entry: data for each in about.graph_entries()}
        file = write_small(self.folder / f"{name}.tron", whole, entries)
        self.models[name] = self.mo.models.upload_tron(file, identity)
        return self.models[name]

    def scanned(self, name: str, images: Iterable[tuple[bytes, dict[str, Any]]]) -> Job:
        """Ask for a look at a LabelX package of these images."""
        files, lines = {}, []
        for data, line in images:
            files[line["image"]] = data
            lines.append(line)
        (self.folder / name).mkdir()
        return self.mo.datasets.scan(zipped(self.folder / name, {**files, "annotations.jsonl": jsonl(*lines)}))

    def add_datasets(self, **packages: Iterable[tuple[bytes, dict[str, Any]]]) -> None:
        """Scan and import all of them."""
        scans = {name: self.scanned(name, images) for name, images in packages.items()}
        imports = {name: self.mo.datasets.import_scanned(name, self.ended(scan).id) for name, scan in scans.items()}
        self.datasets |= {name: self.ended(job).subject_id for name, job in imports.items()}

    def asked(self, model: str = "looker", dataset: str = "colours", **changes: Any) -> Job:
        """Ask for the usual test with these changes."""
        usual: dict[str, Any] = {"batch_size": 4, "backend": "onnxruntime"}
        return self.mo.infer(self.models[model].id, self.datasets[dataset], **{**usual, **changes})

    def test(self, **changes: Any) -> Test:
        """The usual test with these changes, completed."""
        return self.mo.tests.get(self.ended(self.asked(**changes)).id)

    def failed(self, **changes: Any) -> str:
        """The code why the test could not be done, once it ran."""
        job = self.mo.jobs.wait(self.asked(**changes).id, SECONDS_MAX)
        assert job.state == "failed"
        assert job.reason is not None
        return job.reason.code

    def differing(self, one: Test, other: Test) -> set[str]:
        """The parameters in which two tests differ, as a comparison has them."""
        return {each.name for each in self.mo.compare([one.id, other.id], one.id).parameters}

    def images(self, test: Test) -> list[ImageOutcome]:
        return self.mo.tests.images(test.id, limit=100).items

    def said(self, test: Test, task: str = "colour") -> list[str]:
        """What the model answered to each image."""
        every = (answer for image in self.images(test) for answer in image.answers)
        return [answer.top[0].name for answer in every if answer.task == task]


def field_scene(mo: Client, folder: Path) -> FieldScene:
    """The world with its models and datasets."""
    scene = FieldScene(mo, folder)
    scene.add_model("looker", looker(), looks(looker()))
    scene.add_model("mixer", looker(), looks(looker(), COLOURS[::-1]))
    dim = Normalisation(mean=(0.0,) * 3, scale=(0.5 / 255,) * 3)
    scene.add_model("dimmer", looker(), looks(looker()), normalisation=dim)
    scene.add_model("counter", counter(), counts(counter()), max_batch=16)
    scene.add_model("cropper", looker(), looks(looker()), steps=CROPPED)
    scene.add_model("box", looker(), looks(looker()), platform="ascend")
    for precision in ("int8", "fp16"):
        scene.add_model(precision, looker(), looks(looker()), other_graphs=(other(looker(), precision),))
    scene.add_model("finder", detector(), finds(detector()))
    scene.add_model("reader", reader(), reads(reader()))
    scene.add_datasets(
        colours=[(painted(number), line) for number, line in enumerate(colour_lines())],
        half=[(painted(number), line) for number, line in enumerate(colour_lines()) if number >= IMAGES // 2],
        spots=[spots(number) for number in range(IMAGES)],
        plates=[plate(number) for number in range(IMAGES)],
    )
    return scene
