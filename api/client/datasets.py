"""Datasets and their import."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from api.client.core import Core
from api.client.imagefolder import pack_folder
from api.client.naming import choose, everything, whole_id
from api.resources import Dataset, DatasetWish, Job, Page

ImportProgress = Callable[[str, int, int], None]
"""Called with ("pack" or "upload", done, in all): files while packing, bytes while uploading."""


class Datasets:
    """`Client.datasets`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def import_folder(
        self, name: str, folder: Path, *, note: str = "", on_progress: ImportProgress | None = None
    ) -> Job:
        """Upload a folder with one folder of images per class and ask for its import; `subject_id` is the dataset.

        Raises:
            BadInputError: no images in folders of classes. And those of `Core.write`.
        """
        tell = on_progress or (lambda _stage, _done, _total: None)
        with tempfile.TemporaryDirectory(prefix="mo-import-") as scratch:
            package = Path(scratch) / "images.zip"
            pack_folder(folder, package, lambda done, total: tell("pack", done, total))
            stored = self._core.upload(package, lambda done, total: tell("upload", done, total))
        return self._core.write("/datasets", DatasetWish(name=name, digest=stored.digest, note=note), Job)

    def list(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False
    ) -> Page[Dataset]:
        """Datasets with their versions, newest update first."""
        return self._core.read("/datasets", Page[Dataset], search=search, limit=limit, cursor=cursor, mine=mine or None)

    def get(self, dataset_id: UUID) -> Dataset:
        """One dataset."""
        return self._core.read(f"/datasets/{dataset_id}", Dataset)

    def find(self, text: str) -> Dataset:
        """The dataset with this id, unique beginning of one, or exact name."""
        if (dataset_id := whole_id(text)) is not None:
            return self.get(dataset_id)
        found = everything(self._core, "/datasets", Page[Dataset], search=text)
        return choose("dataset", text, found, lambda dataset: (dataset.name,))
