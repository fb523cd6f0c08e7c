"""Datasets and their import."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal
from uuid import UUID

from api.client.core import Core
from api.client.imagefolder import pack_folder, pack_tree
from api.client.mode import M
from api.client.naming import find
from api.client.operation import operation
from api.client.things import Things, edited
from api.client.wire import ProgressCallback
from api.dataset_resources import CatalogueItem, DatasetFigures, DatasetRecord, DatasetScan, LeftOut
from api.resources import Dataset, Job, Page, Uploaded
from api.wishes import DatasetWish, NoteEdit, ScanWish, VersionWish
from schemas.specs.mapping import Pair
from schemas.values import ObjectRef

Picture = Literal["image", "rendered", "json"]
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
    async def scan(
        self,
        source: Path | CatalogueItem,
        *,
        format_: str = "auto",
        split: str = "",
        type_: str = "",
        template: UUID | None = None,
        sub_template: str = "",
        pairs: Mapping[str, str] | None = None,
        on_progress: ImportProgress | None = None,
    ) -> Job:
        """Take a package (folder, zip, or of the catalogue), ask what an import would keep and drop; nothing is made.

        With `template` its tasks are answered by `pairs` (task -> key of the package), or as the scan proposes.

        Raises:
            BadInputError: no files in the folder. And those of `Core.write`.
        """
        stored = await self._stored(source, on_progress or (lambda _stage, _done, _total: None))
        wish = ScanWish(
            digest=stored.digest,
            file_name=source.name[:200],
            format=format_,
            split=split,
            type=type_,
            template_id=template,
            sub_template=sub_template,
            pairs=_pairs(pairs),
        )
        return await self._core.write("/dataset-scans", wish, Job)

    @operation
    async def scanned(self, scan_job_id: UUID) -> DatasetScan:
        """What a scan found, once its job has completed."""
        return await self._core.read(f"/dataset-scans/{scan_job_id}", DatasetScan)

    @operation
    async def import_scanned(
        self, name: str, scan_job_id: UUID, *, pairs: Mapping[str, str] | None = None, note: str = ""
    ) -> Job:
        """Confirm a scan: take the name and ask for the import, with the scan's mapping or another one."""
        wish = DatasetWish(name=name, scan_job_id=scan_job_id, pairs=_pairs(pairs), note=note)
        return await self._core.write("/datasets", wish, Job)

    @operation
    async def update(self, dataset: Dataset, scan_job_id: UUID, *, pairs: Mapping[str, str] | None = None) -> Job:
        """Confirm a scan as another version of the dataset; tests keep the version that they used."""
        wish = VersionWish(scan_job_id=scan_job_id, pairs=_pairs(pairs))
        return await self._core.write(f"/datasets/{dataset.id}/versions", wish, Job)

    @operation
    async def records(
        self,
        dataset: Dataset,
        *,
        version: UUID | None = None,
        class_: str = "",
        attribute: str = "",
        search: str = "",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[DatasetRecord]:
        """A page of the images of a version (that of the import job `version`, else the newest one).

        `class_`: with this class or a box of it; `attribute`: NAME=VALUE; `search`: part of the name. A page may be
        shorter than `limit`, or empty, and still have a `next`.
        """
        return await self._core.read(
            f"/datasets/{dataset.id}/records",
            Page[DatasetRecord],
            version=version,
            attribute=attribute,
            search=search,
            limit=limit,
            cursor=cursor,
            **{"class": class_},
        )

    @operation
    async def record(self, dataset: Dataset, number: int, *, version: UUID | None = None) -> DatasetRecord:
        """One image of a version and what is said of it."""
        return await self._core.read(f"/datasets/{dataset.id}/records/{number}", DatasetRecord, version=version)

    @operation
    async def picture(
        self, dataset: Dataset, number: int, form: Picture = "image", *, version: UUID | None = None
    ) -> bytes:
        """One image of a version: the original, an SVG with boxes and classes over it (`rendered`), or what is said of
        it as JSON."""
        path = f"/datasets/{dataset.id}/records/{number}" + ("" if form == "json" else f"/{form}")
        return await self._core.body(path, version=version)

    @operation
    async def figures(self, dataset: Dataset, *, version: UUID | None = None) -> DatasetFigures:
        """A version in numbers."""
        return await self._core.read(f"/datasets/{dataset.id}/figures", DatasetFigures, version=version)

    @operation
    async def dropped(
        self,
        dataset: Dataset,
        *,
        version: UUID | None = None,
        code: str = "",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[LeftOut]:
        """A page of what a version's import left out; as `records`."""
        return await self._core.read(
            f"/datasets/{dataset.id}/dropped",
            Page[LeftOut],
            version=version,
            code=code,
            limit=limit,
            cursor=cursor,
        )

    @operation
    async def download(
        self,
        dataset: Dataset,
        target: Path,
        *,
        version: UUID | None = None,
        progress: ProgressCallback | None = None,
    ) -> ObjectRef:
        """Write a version's pack to `target`; raises as `Core.download`."""
        figures = await self._core.read(f"/datasets/{dataset.id}/figures", DatasetFigures, version=version)
        await self._core.download(figures.pack, target, progress)
        return figures.pack

    @operation
    async def catalogue(self) -> Page[CatalogueItem]:
        """The packages that the operator keeps ready to be imported."""
        return await self._core.read("/catalogue", Page[CatalogueItem])

    async def _stored(self, source: Path | CatalogueItem, tell: ImportProgress) -> Uploaded:
        if isinstance(source, CatalogueItem):
            return await self._core.write(f"/catalogue/{source.id}/object", None, Uploaded)
        if source.is_file():  # noqa: ASYNC240  one look at the disk
            return await self._core.upload(source, lambda done, total: tell("upload", done, total))
        with tempfile.TemporaryDirectory(prefix="mo-import-") as scratch:
            package = Path(scratch) / "package.zip"
            await self._core.mode.apart(
                lambda: pack_tree(source, package, lambda done, total: tell("pack", done, total))
            )
            return await self._core.upload(package, lambda done, total: tell("upload", done, total))

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


def _pairs(pairs: Mapping[str, str] | None) -> tuple[Pair, ...]:
    return tuple(Pair(task, key) for task, key in (pairs or {}).items())
