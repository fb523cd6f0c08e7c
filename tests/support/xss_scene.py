"""Puts the sixty texts into what a running system keeps and shows: names, notes, files, classes, answers, logs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen
from uuid import UUID, uuid4

import msgspec
import numpy as np
import onnx
import torch
from colour_networks import RED, model, picture, sub
from onnx import helper
from packages import jsonl
from small_case import STRUCTURE
from small_tron import manifest, write_small
from xss_corpus import TEXTS

from api.client.client import Client
from api.client.errors import ProblemError
from api.client.mode import finished
from api.resources import Job, Pth, Tron
from api.wishes import PthWish
from schemas.specs.parts import TaskSpec
from schemas.specs.testing import Dimension, TestOptions
from schemas.values import TronIdentity
from storage.accounts.rules import SESSIONS_MAX

SECONDS_MAX = 120
TASK, SAID = "<img src=x data-x onerror=__xss=1>", '"><svg data-x onload=__xss=1>'
"""What the classification task is called, and the attribute whose values are all the texts."""
NOT_IN_FILE_NAMES = frozenset("/\\:\t\0\u2028\u202e\u200b\ufeff")


class Person(NamedTuple):
    """Somebody who is called like one of the texts; what else of them is: their tokens, the browsers they use."""

    secret: str
    tokens: list[str]
    browsers: list[str]


class Told(NamedTuple):
    """What was told; a field that does not take one of the sixty texts refuses it."""

    person: Person
    datasets: dict[str, UUID]
    scan_id: UUID
    trons: list[Tron]
    tests: list[UUID]
    structure_id: UUID
    template_id: UUID
    pth_id: UUID


def that_fit(chars_max: int, texts: Sequence[str] = TEXTS) -> str:
    """The first ones that a field of this size has room for, in a line."""
    found = ""
    for each in texts:
        if len(found) + len(each) + 1 <= chars_max:
            found += f"{each} "
    return found.strip()


def kept(put: Callable[[str], Any], texts: Iterable[str] = TEXTS) -> list[str]:
    """The texts that a field takes; that it refuses the others is as good."""
    taken = []
    for text in texts:
        try:
            put(text)
        except ProblemError:
            continue
        taken.append(text)
    return taken


class Teller:
    """Tells a system the texts; everything bears a tag, so that it is told apart from what others made."""

    def __init__(self, mo: Client, folder: Path) -> None:
        self.mo, self.folder, self.tag = mo, folder, uuid4().hex[:8]

    def ended(self, job: Job, state: str = "completed") -> Job:
        job = self.mo.jobs.wait(job.id, SECONDS_MAX)
        assert job.state == state, job.message
        return job

    def person(self) -> Person:
        """An account with as many tokens and sessions as it may have."""
        password = f"{self.tag} battery staple"
        self.mo.accounts.register(f"told.{self.tag}", password, name=TEXTS[5])
        with Client(self.mo.api_url, lang="en", token="") as own:
            secret = own.me.sign_in(f"told.{self.tag}", password, name="first").token.text
            tokens = kept(lambda text: own.tokens.new(text, ["read"]))
            browsers = [each for each in TEXTS if each.isascii() and each.isprintable()][: SESSIONS_MAX - 5]
            for each in browsers:
                self._sign_in(own.me.code().code, each)
        return Person(secret, tokens, browsers)

    def _sign_in(self, code: str, client: str) -> None:
        body = json.dumps({"code": code}).encode()
        headers = {"Content-Type": "application/json", "User-Agent": client}
        with urlopen(Request(f"{self.mo.api_url}/api/v1/session", body, headers)) as answer:
            assert answer.status == HTTPStatus.CREATED

    def pth(self) -> None:
        """A model for each text: its name, its training, its note, its file."""
        file = self.folder / "some.pth"
        torch.save({"state_dict": {"a": torch.zeros(2)}}, file)
        stored = self.mo.upload(file)

        def put(text: str) -> None:
            wish = PthWish(name=text, digest=stored.digest, file_name=text, training_id=text, note=text)
            finished(self.mo._core.write("/pth", wish, Pth))

        assert kept(put) == list(TEXTS)

    def package(self) -> Path:
        """Sixty images: their names where a file may have it, classes, boxes, attributes and their values."""
        path, lines = self.folder / "package.zip", []
        with zipfile.ZipFile(path, "w") as file:
            for number, text in enumerate(TEXTS):
                fits = not NOT_IN_FILE_NAMES & set(text)
                name = f"{text}.png" if fits else f"{number}.png"
                if not fits:
                    file.writestr(f"{text}.png", b"a name that is refused stands in the ledger")
                # the model sees how red an image is
                file.writestr(name, picture((0, 0, RED, 255), scale=1 + number % 3))
                box = {"label": text, "x": 2, "y": 2, "width": 20, "height": 20, "attributes": {text: text}}
                lines.append({
                    "image": name,
                    "classifications": [{"key": TASK, "tool": "radio", "value": text},
                                        {"key": "read", "tool": "text", "value": text}],
                    "boxes": [box],
                    "attributes": {text: text, SAID: text},
                })  # fmt: skip
            file.writestr("annotations.jsonl", jsonl(*lines))
        return path

    def scans(self, *types: str) -> dict[str, UUID]:
        """What would be imported, for each type."""
        package = self.package()
        asked = {each: self.mo.datasets.scan(package, type_=each) for each in types}
        return {each: self.ended(job).id for each, job in asked.items()}

    def datasets(self, scans: dict[str, UUID]) -> dict[str, UUID]:
        """A dataset of each of the scans; the first one has all the texts for a name that fit."""
        names = {each: f"{that_fit(180)} {each} {self.tag}"[-200:] for each in scans}
        note = that_fit(1000)
        asked = {each: self.mo.datasets.import_scanned(names[each], scan, note=note) for each, scan in scans.items()}
        return {each: self.ended(job).subject_id for each, job in asked.items()}

    def trons(self) -> list[Tron]:
        """Two models with the texts for classes."""
        made = []
        for number in (0, 1):
            graph = network(number)
            about = sub(graph, "classification", TaskSpec(TASK, TEXTS))
            identity = TronIdentity(
                "nvidia", "scene", f"{TEXTS[5]} {self.tag}", "classification", TEXTS[number * 20 + 12]
            )
            whole = msgspec.structs.replace(manifest(about), identity=identity, method="classification")
            file = self.folder / f"{number}.tron"
            write_small(file, whole, {about.graph: graph.SerializeToString()})
            made.append(self.mo.models.upload_tron(file, identity, note=that_fit(1000)))
        return made

    def tests(self, trons: Iterable[Tron], dataset: UUID) -> list[UUID]:
        """What the models answer: the confusion of all texts with all texts, sliced by them."""
        options = TestOptions(dimensions=(Dimension(SAID), Dimension(TEXTS[0])))
        asked = [
            self.mo.infer(each.id, dataset, batch_size=8, backend="onnxruntime", options=options) for each in trons
        ]
        return [self.ended(job).id for job in asked]

    def structure(self) -> UUID:
        """A structure that prints the texts when it is loaded, and ends with them."""
        name = f"Net{self.tag}"
        says = f"TEXTS = {list(TEXTS)!r}\nfor text in TEXTS:\n    print(text, flush=True)\n"
        head, body = STRUCTURE.split("class SmallNet")
        file = self.folder / f"{name}.py"
        file.write_text(f"{head}{says}raise ValueError({that_fit(400)!r})\n\n\nclass {name}{body}")
        return self.mo.structures.add(file, name, name=that_fit(100), note=that_fit(1000)).id

    def fails(self, pth: UUID, template: UUID) -> UUID:
        """The job that loads the structure."""
        return self.ended(self.mo.convert(pth, template, name=f"{TEXTS[5]} {self.tag}"), "failed").id

    def template(self, structure: UUID) -> dict[str, Any]:
        """A template that has the texts wherever it takes any."""
        sub = {
            "name": that_fit(90),
            "input_name": that_fit(190),
            "input_shape": [1, 3, 24, 24],
            "mean_values": [0.0] * 3,
            "scale_values": [1.0] * 3,
            "max_batch": 8,
            "architecture": str(structure),
            "state_dict_key": "state_dict",
            "num_classes": len(TEXTS),
            "tasks": [{"name": TASK, "classes": list(TEXTS)}],
        }
        main = {"repo": "classification", "version": "1.0.0", "method": "classification", "error_threshold": "1e-4"}
        return {**main, "name": f"{that_fit(180)} {self.tag}", "sub_templates": [sub]}

    def everything(self, *types: str) -> Told:
        """All of it, with datasets of these types, classification first; jobs of a kind run together."""
        self.pth()
        person = self.person()
        scans, trons = self.scans(*types), self.trons()
        datasets = self.datasets(scans)
        structure_id = self.structure()
        template_id = self.mo.templates.add(self.template(structure_id), note=that_fit(1000)).id
        tests = self.tests(trons, datasets["classification"])
        pth_id = self.mo.models.list_pth(search=TEXTS[0], mine=True).items[0].id
        return Told(person, datasets, scans[types[-1]], trons, tests, structure_id, template_id, pth_id)


def network(turned: int) -> onnx.ModelProto:
    """A network with sixty classes: red decides, differently in each turn."""
    weights = np.roll(np.linspace(-1, 1, len(TEXTS), dtype=np.float32)[None].repeat(3, 0), turned, 1)
    nodes = [
        helper.make_node("ReduceMean", ["data", "axes"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["classes"]),
    ]
    return model(nodes, {"classes": [len(TEXTS)]}, axes=np.array([2, 3]), weights=weights)
