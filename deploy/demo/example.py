"""Writes files to try Mo with: weights in two versions, the network's structure, a template, images by class."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from deploy.demo.digits import CLASS_NAME, IMAGES, RECIPES, STRUCTURE, template

NAME = "my-digits"
"""What the files and the template are called."""
OWN_CLASS = "MyDigitsNet"
"""The network's class, not the demo's: names of classes are unique."""


class FolderTakenError(Exception):
    """The folder holds something already, which is not overwritten."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not empty: name another folder")
        self.folder = folder


def write_digits(trained: Path, folder: Path) -> list[Path]:
    """Copy what `deploy.demo.digits.trained` made to the folder, with the other files around it; what was written.

    Raises:
        FolderTakenError: there is something in the folder. OSError: it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTakenError(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(trained / IMAGES, folder / IMAGES)
    structure = folder / "digits_net.py"
    structure.write_text(STRUCTURE.read_text("utf-8").replace(CLASS_NAME, OWN_CLASS), "utf-8")
    document = folder / "template.json"
    variants = list(RECIPES)
    made = {**template(variants[0], OWN_CLASS), "name": NAME}
    document.write_text(json.dumps(made, ensure_ascii=False, indent=2) + "\n", "utf-8")
    weights = [folder / f"{NAME}-v{number}.pth" for number in range(1, len(variants) + 1)]
    for variant, path in zip(variants, weights, strict=True):
        shutil.copyfile(trained / f"{variant.name}.pth", path)
    return [structure, *weights, document, folder / IMAGES]
