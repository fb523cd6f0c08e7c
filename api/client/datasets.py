"""Datasets and their import."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

from api.client import changing
from api.client.imagefolder import pack_folder
from api.client.mode import M
from api.client.naming import find
from api.client.operation import Noun, iteration, operation
from api.client.wire import ProgressCallback
from api.resources import Dataset, Dependents, Job, Page
from api.wishes import DatasetWish, NoteEdit

ImportProgress = Callable[[str, int, int], None]
"""Called with ("pack" or "upload", done, in all): files while packing, bytes while uploading."""


class Datasets(Noun[M]):
    """`Client.datasets`."""

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
    async def list(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False, deleted: bool = False
    ) -> Page[Dataset]:
        """Datasets with their versions, newest update first; with `deleted` those that were deleted."""
        return await self._core.read(
            "/datasets",
            Page[Dataset],
            search=search,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
            deleted=deleted or None,
        )

    @iteration
    def all(self, *, search: str = "", mine: bool = False) -> AsyncIterator[Dataset]:
        """Every dataset, newest update first, page after page."""
        return self._core.pages("/datasets", Page[Dataset], search=search, mine=mine or None)

    @operation
    async def get(self, dataset_id: UUID) -> Dataset:
        """One dataset."""
        return await self._core.read(f"/datasets/{dataset_id}", Dataset)

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
        """Another note. Raises as `changing.edit`."""
        return await changing.edit(self._core, "/datasets", dataset, NoteEdit(note=note))

    @operation
    async def delete(self, dataset: Dataset) -> Dataset:
        """Take the dataset out of use; raises as `changing.edit`."""
        return await changing.delete(self._core, "/datasets", dataset)

    @operation
    async def dependents(self, dataset: Dataset) -> Dependents:
        """What depends on the dataset, and outlives it."""
        return await changing.dependents(self._core, "/datasets", dataset)
