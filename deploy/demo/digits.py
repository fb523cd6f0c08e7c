"""The case of the digits: a small network trained here, in two versions, and judged on handwriting it has not seen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.demo import assets
from deploy.demo.plan import METHOD, REPO, Case, Variant
from schemas.specs.preprocessing import Step, Transpose

EDGE = 8
CLASSES = tuple("0123456789")
TASK = "digit"
MEAN, SCALE = 120.0, 1 / 60
ERROR_THRESHOLD = 1e-4
MAX_BATCH = 64
BATCH_SIZE = 32
CLASS_NAME = "DigitsNet"
STRUCTURE = assets.STRUCTURES / "digits.py"
TRAINING_SECONDS_MAX = 300
ERROR_TEXT_MAX = 500
IMAGES = "images"

SHORT = Variant("digits-short", CLASS_NAME, "1.0.0")
LONG = Variant("digits-long", CLASS_NAME, "1.1.0")
RECIPES = {SHORT: (600, 8), LONG: (899, 24)}
"""How many of the digits each variant learns from, and how many times it sees them."""

Share = Callable[[float], None]


class TrainingFailedError(Exception):
    """The child that trains gave up; the text is the end of what it said."""


def trained(folder: Path, share: Share) -> Path:
    """The folder with `NAME.pth` of both variants and `images/CLASS/NUMBER.png`; made once, and whole or not at all.

    Raises:
        MissingPackageError: scikit-learn, which carries the digits, is not installed.
        TrainingFailedError: the child failed or took too long.
    """
    if folder.exists():
        return folder
    assets.package_folder("sklearn")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _train(unfinished, share)
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _train(folder: Path, share: Share) -> None:
    """Let the child train, and pass on how far it is."""
    wish = {
        "folder": str(folder),
        "structure": str(STRUCTURE),
        "class_name": CLASS_NAME,
        "recipes": [[variant.name, *recipe] for variant, recipe in RECIPES.items()],
        "mean": MEAN,
        "scale": SCALE,
    }
    with tempfile.TemporaryFile("w+") as complaints:
        command = [sys.executable, "-m", "deploy.demo.training", json.dumps(wish)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True, env=environment) as child:
            end = threading.Timer(TRAINING_SECONDS_MAX, child.kill)
            end.start()
            try:
                for line in child.stdout or ():
                    share(float(line))
            finally:
                end.cancel()
        if child.returncode:
            complaints.seek(0)
            raise TrainingFailedError(complaints.read()[-ERROR_TEXT_MAX:] or f"exit code {child.returncode}")


def template(variant: Variant, structure: str) -> dict[str, Any]:
    """The conversion template: one grey channel, ten classes."""
    return {
        "name": variant.name,
        "repo": REPO,
        "version": variant.version,
        "method": METHOD,
        "error_threshold": ERROR_THRESHOLD,
        "sub_templates": [
            {
                "name": "net",
                "model_type": "pytorch",
                "input_name": "data",
                "input_shape": [1, 1, EDGE, EDGE],
                "mean_values": [MEAN],
                "scale_values": [SCALE],
                "max_batch": MAX_BATCH,
                "architecture": structure,
                "state_dict_key": "",
                "num_classes": len(CLASSES),
                "tasks": [{"name": TASK, "classes": list(CLASSES)}],
            }
        ],
    }


def steps(_variant: Variant) -> list[Step]:
    """The images have the network's size already."""
    return [Transpose()]


def digits(folder: Path) -> Case:
    """The case, once `trained` has filled the folder."""

    def weights(variant: Variant) -> Path:
        return folder / f"{variant.name}.pth"

    def question(variant: Variant) -> dict[str, Any]:
        return {
            "case": "digits",
            "structure": str(STRUCTURE),
            "class_name": CLASS_NAME,
            "weights": str(weights(variant)),
            "mean": MEAN,
            "scale": SCALE,
        }

    return Case(
        key="digits",
        model="digits",
        dataset="sklearn-digits",
        structure=STRUCTURE,
        batch_size=BATCH_SIZE,
        variants=(SHORT, LONG),
        template=template,
        steps=steps,
        weights=weights,
        lay_out=lambda target: shutil.copytree(folder / IMAGES, target, dirs_exist_ok=True),
        question=question,
    )
