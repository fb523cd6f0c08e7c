"""What careless and hostile people hand in: weights, structures and packages, each wrong in one way."""

from __future__ import annotations

import io
import os
import pickle
import stat
import zipfile
from pathlib import Path
from typing import Any

import torch
from small_case import STRUCTURE

LEFT_BEHIND = "left-behind-by-the-job"
"""Stands in the command line of the process that a structure tries to leave."""
BOMB_BYTES = 48 << 20

_CLASS = "SmallNet"
_HEAD, _BODY = STRUCTURE.split(f"class {_CLASS}")
_RETURN = "return self.head(torch.flatten(x, 1))"


def structure(*, first: str = "", answer: str = _RETURN, layer: str = "head") -> str:
    """The small network's file with lines before the class, another last line of `forward`, another layer's name."""
    return f"{_HEAD}{first}\n\nclass {_CLASS}{_BODY.replace(_RETURN, answer)}".replace("self.head", f"self.{layer}")


STRUCTURES = {
    "good": structure(),
    "import fails": structure(first="LIMIT = 1 / 0"),
    "module missing": structure(first="import nothing_of_that_name"),
    "never returns": structure(first="import time\n\nwhile True:\n    time.sleep(0.01)"),
    "eats memory": structure(
        first="import time\n\nHELD = []\nwhile True:\n    HELD.append(b'x' * (64 << 20))\n    time.sleep(0.02)"
    ),
    "forks and leaves": structure(
        first=f"""
import os
import sys

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", "{LEFT_BEHIND}"])
    os._exit(0)
os._exit(0)
"""
    ),
    "not a number": structure(answer="return self.head(torch.flatten(x, 1)) * float('nan')"),
    "random": structure(answer="return self.head(torch.flatten(x, 1)) + torch.rand(1)"),
    "looks at its neighbours": structure(answer="x = torch.flatten(x, 1); return self.head(x - x.mean(0) * 2)"),
    "another layer": structure(layer="tail"),
}


def named(name: str) -> tuple[str, str]:
    """A class name that no other structure has, and the file with the class; `name` is one of `STRUCTURES`."""
    class_name = "Bad" + name.title().replace(" ", "")
    return class_name, STRUCTURES[name].replace(_CLASS, class_name)


class Call:
    """Unpickled by an unsafe reader, this makes a folder."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.canary),)


def weights(good: Path, canary: Path) -> dict[str, bytes]:
    """Files called .pth, by what is wrong with them; the one with a call in it would make the folder `canary`."""
    data = good.read_bytes()
    state = torch.load(io.BytesIO(data), weights_only=True)["state_dict"]
    module = torch.nn.Sequential(torch.nn.Linear(2, 2))
    script = io.BytesIO()
    with zipfile.ZipFile(script, "w") as file:
        for name in ("net/data.pkl", "net/constants.pkl", "net/code/__torch__.py"):
            file.writestr(name, pickle.dumps(None))
    return {
        "good": data,
        "onnx": b"\x08\x0a\x12\x07pytorch\x1a\x052.9.0:\x00" + bytes(2000),
        "text": b"epoch,loss\n1,0.5\n",
        "cut off": data[: len(data) // 2],
        "a call": _saved({"state_dict": {"w": Call(canary)}}),
        "torchscript": script.getvalue(),
        "whole module": _saved(module),
        "one layer less": _saved({"state_dict": {name: each for name, each in state.items() if "head" not in name}}),
        "no state_dict": _saved({"net": state}),
    }


def _saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def packages(outside: Path) -> dict[str, bytes]:
    """Packages of images, by what is wrong with them; the hostile one would write to `outside`."""
    link = zipfile.ZipInfo("cat/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return {
        "no zip": b"not a package",
        "no images": _zip({"readme.txt": b"hello", "cat/notes.txt": b"hello"}),
        "broken images": _zip({"cat/1.jpg": b"\xff\xd8\xff\xe0 cut", "dog/2.png": b"\x89PNG\r\n\x1a\n"}),
        "hostile": _zip(
            {
                f"../{outside.name}/up.png": b"x",
                f"{outside}/absolute.png": b"x",
                link: f"{outside}/linked.png".encode(),
                "cat/bomb.png": bytes(BOMB_BYTES),
            }
        ),
    }


def _zip(files: dict[Any, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()
