"""Runs requests through the handlers against a store that is a folder; a tiny network to convert."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import textwrap
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import torch

from agents.handlers import handlers
from agents.joblog import JobLog
from agents.work import JobProblem, Limits
from schemas.events import ConversionRequested
from schemas.events.base import JobRequest, JobResult
from schemas.specs.templates import encode_template, read_template
from schemas.values import Code, ObjectRef, StructureRef, TronIdentity

CLASSES = ("blue", "green", "red")
SIZE = 16
LIMITS = Limits(job_seconds_max=120, memory_bytes_max=4 << 30)
STRUCTURE_ID = UUID(int=7)
IDENTITY = TronIdentity("nvidia", "colours", "tiny", "classification", "v2")

STRUCTURE = '''
import torch
from torch import nn


class Tiny(nn.Module):
    """Convolution, normalisation, and the mean colour."""

    def __init__(self, num_classes, width=4):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.head = nn.Linear(width, num_classes)

    def forward(self, x):
        FORWARD
'''
PLAIN = "return self.head(torch.relu(self.norm(self.conv(x))).mean((2, 3)))"


class Store:
    """Objects in a folder, and the work of a job on them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes, name: str = "") -> ObjectRef:
        digest = hashlib.sha256(data).hexdigest()
        (self.root / digest).write_bytes(data)
        return ObjectRef(f"sha256:{digest}", len(data), name)

    def path(self, ref: ObjectRef) -> Path:
        return self.root / ref.digest.removeprefix("sha256:")


class LocalWork:
    """One attempt, its objects in the store."""

    epoch = 1
    limits = LIMITS

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.instance = store, folder, uuid4()
        self.said: list[tuple[str, float]] = []
        self.log = JobLog()

    async def fetch(self, ref: ObjectRef, name: str) -> Path:
        target = self.folder / name
        shutil.copyfile(self.store.path(ref), target)
        target.chmod(0o444)
        return target

    async def keep(self, path: Path, name: str) -> ObjectRef:
        return self.store.put(await asyncio.to_thread(path.read_bytes), name)

    def progress(self, stage: str, fraction: float) -> None:
        self.said.append((stage, fraction))


class Bench:
    """Runs requests against one store."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "store").mkdir()
        self.store = Store(root / "store")
        self.work: LocalWork | None = None

    async def do(self, request: JobRequest) -> JobResult:
        folder = self.root / f"job-{uuid4().hex}"
        folder.mkdir()
        self.work = LocalWork(self.store, folder)
        return await handlers()[type(request).__name__](request, self.work)

    async def refusal(self, request: JobRequest) -> Code:
        """Why the request cannot be done."""
        with pytest.raises(JobProblem) as raised:
            await self.do(request)
        return raised.value.reason

    async def refused(self, request: JobRequest) -> str:
        return (await self.refusal(request)).code

    def conversion(
        self, weights: bytes, forward: str = PLAIN, threshold: str = "1e-4", **sub: Any
    ) -> ConversionRequested:
        whole = {
            "name": "tiny",
            "input_name": "raw_data",
            "input_shape": f"1,3,{SIZE},{SIZE}",
            "mean_values": "127,127,127",
            "scale_values": "0.0078125,0.0078125,0.0078125",
            "max_batch": 5,
            "architecture": str(STRUCTURE_ID),
            "state_dict_key": "state_dict",
            "num_classes": 3,
            "class_name": [list(CLASSES)],
            **sub,
        }
        main = {"name": "t", "repo": "r", "version": "v1", "method": "classification", "error_threshold": threshold}
        template = read_template({**main, "sub_templates": [whole]})
        body = textwrap.indent(textwrap.dedent(forward), " " * 8).lstrip()
        return ConversionRequested(
            job_id=uuid4(),
            resource="cpu-heavy",
            model_id=uuid4(),
            pth_id=uuid4(),
            template_id=uuid4(),
            identity=IDENTITY,
            weights=self.store.put(weights),
            template=self.store.put(encode_template(template)),
            structures=(
                StructureRef(STRUCTURE_ID, "Tiny", self.store.put(STRUCTURE.replace("FORWARD", body).encode())),
            ),
        )


def network() -> torch.nn.Module:
    """The structure with fixed weights that tell colours apart, more or less."""
    space: dict[str, Any] = {}
    exec(STRUCTURE.replace("FORWARD", PLAIN), space)
    torch.manual_seed(3)
    torch.set_num_threads(1)
    model: torch.nn.Module = space["Tiny"](3)
    with torch.no_grad():
        model.get_parameter("conv.weight").mul_(2)
        model.get_buffer("norm.running_var").fill_(0.5)
    return model.eval()


def weights(tmp_path: Path, state: object) -> bytes:
    torch.save(state, tmp_path / "w.pth")
    return (tmp_path / "w.pth").read_bytes()
