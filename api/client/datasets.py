"""Datasets and their import."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from api.client.core import Core
from api.client.imagefolder import pack_folder
from api.client.mode import M
from api.client.naming import find
from api.client.operation import operation
from api.client.things import Things, edited
from api.client.wire import ProgressCallback
from api.resources import Dataset, Job, Page
from api.wishes import DatasetWish, NoteEdit

ImportProgress = Callable[[str, int, int], None]
"""Called with ("pack" or "upload", done, in all): files while packing, bytes while uploading."""


class Datasets(Things[M, Dataset]):
    """`Client.datasets`."""

    def __init__(self, core: Core[M]) -> None:
        super().__init__(core, "/datasets", Dataset, Page[Dataset])

    @operation
    async def import_folder(
        self, name: str, folder: Path, *, note: str = "", on_progress: ImportProgress | None = None
    ) -> Job:
        """Upload a folder with one folder of images per class and ask for its import; `subject_id` is the dataset.

        Raises:
            BadInputError: no images in folders of classes. And those of `Core.write`.
        """
        tell = on_progress or (lambda _stage, _done, _total: None)
        with tempfile.TemporaryDirectory(prefix="mo-import-") as scratch:
            package = Path(scratch) / "images.zip"
            await self._core.mode.apart(
                lambda: pack_folder(folder, package, lambda done, total: tell("pack", done, total))
            )
            stored = await self._core.upload(package, lambda done, total: tell("upload", done, total))
        return await self._core.write("/datasets", DatasetWish(name=name, digest=stored.digest, note=note), Job)

    @operation
    async def import_package(
        self, name: str, package: Path, *, note: str = "", progress: ProgressCallback | None = None
    ) -> Job:
        """Upload a zip with one folder of images per class and ask for its import; `subject_id` is the dataset."""
        stored = await self._core.upload(package, progress)
        return await self._core.write("/datasets", DatasetWish(name=name, digest=stored.digest, note=note), Job)

    @operation
    async def find(self, text: str) -> Dataset:
        """The dataset with this id, unique beginning of one, or exact name."""
        return await find(
            self._core,
            "/datasets",
            (Dataset, Page[Dataset]),
            text,
            noun="dataset",
            names=lambda dataset: (dataset.name,),
            search=text,
        )

    @operation
    async def edit(self, dataset: Dataset, *, note: str) -> Dataset:
        """Another note. Raises as `things.edited`."""
        return await edited(self._core, self._path, dataset, NoteEdit(note=note))
