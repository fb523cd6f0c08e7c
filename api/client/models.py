"""Models: PTH weights, the Tron models made of them, and the conversion between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from api.client.errors import BadInputError
from api.client.mode import M
from api.client.naming import find
from api.client.operation import Noun, iteration, operation
from api.client.things import deleted, depending, edited
from api.client.wire import ProgressCallback
from api.reports import VerificationReport
from api.resources import Dependents, Job, Page, Pth, Tron
from api.wishes import ConversionWish, Edit, NoteEdit, PthWish, TronWish
from schemas.tron import TronManifest
from schemas.values import ObjectRef, Platform, TronIdentity


class Models(Noun[M]):
    """`Client.models`."""

    @operation
    async def upload(
        self,
        path: Path,
        *,
        name: str = "",
        training_id: str = "",
        note: str = "",
        progress: ProgressCallback | None = None,
    ) -> Pth:
        """Store a .pth file and make it known; its name is the file's without the ending, unless given."""
        stored = await self._core.upload(path, progress)
        wish = PthWish(
            name=name or path.stem, digest=stored.digest, file_name=path.name, training_id=training_id, note=note
        )
        return await self._core.write("/pth", wish, Pth)

    @operation
    async def upload_tron(
        self,
        path: Path,
        identity: TronIdentity,
        *,
        template_id: UUID | None = None,
        note: str = "",
        progress: ProgressCallback | None = None,
    ) -> Tron:
        """Store a model file that was made elsewhere and make it known under an identity that nobody has.

        No format is refused; the answer says what the file was found to be, and why it cannot be tested.
        """
        stored = await self._core.upload(path, progress)
        wish = TronWish(
            **msgspec.structs.asdict(identity),
            digest=stored.digest,
            file_name=path.name,
            template_id=template_id,
            note=note,
        )
        return await self._core.write("/trons", wish, Tron)

    @operation
    async def manifest(self, tron: Tron) -> TronManifest:
        """What the newest revision's file says of itself; raises as `Core.read`."""
        return await self._core.read(f"/trons/{tron.id}/manifest", TronManifest)

    @operation
    async def list_pth(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False, deleted: bool = False
    ) -> Page[Pth]:
        """PTH models, newest update first; with `deleted` those that were deleted."""
        return await self._core.read(
            "/pth", Page[Pth], search=search, limit=limit, cursor=cursor, mine=mine or None, deleted=deleted or None
        )

    @operation
    async def list_trons(
        self,
        *,
        search: str = "",
        platform: Platform | None = None,
        limit: int = 50,
        cursor: str | None = None,
        mine: bool = False,
        deleted: bool = False,
    ) -> Page[Tron]:
        """Tron models with their revisions, newest update first; with `deleted` those that were deleted."""
        return await self._core.read(
            "/trons",
            Page[Tron],
            search=search,
            platform=platform,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
            deleted=deleted or None,
        )

    @iteration
    def all_pth(self, *, search: str = "", mine: bool = False) -> AsyncIterator[Pth]:
        """Every PTH model, newest update first, page after page."""
        return self._core.pages("/pth", Page[Pth], search=search, mine=mine or None)

    @iteration
    def all_trons(
        self, *, search: str = "", platform: Platform | None = None, mine: bool = False
    ) -> AsyncIterator[Tron]:
        """Every Tron model, newest update first, page after page."""
        return self._core.pages("/trons", Page[Tron], search=search, platform=platform, mine=mine or None)

    @operation
    async def get_pth(self, model_id: UUID) -> Pth:
        """One PTH model."""
        return await self._core.read(f"/pth/{model_id}", Pth)

    @operation
    async def get_tron(self, model_id: UUID) -> Tron:
        """One Tron model."""
        return await self._core.read(f"/trons/{model_id}", Tron)

    @operation
    async def find_pth(self, text: str) -> Pth:
        """The PTH model with this id, unique beginning of one, or exact name."""
        return await find(
            self._core, "/pth", (Pth, Page[Pth]), text, noun="pth", names=lambda pth: (pth.name,), search=text
        )

    @operation
    async def find_tron(self, text: str) -> Tron:
        """The Tron model with this id, unique beginning of one, `name@version`, or name where it has one version."""
        return await find(
            self._core,
            "/trons",
            (Tron, Page[Tron]),
            text,
            noun="tron",
            names=lambda tron: (tron.name, f"{tron.name}@{tron.version}", tron.file_name),
            search=text.rpartition("@")[0] or text,
        )

    @operation
    async def report(self, tron: Tron, *, revision: int | None = None) -> VerificationReport:
        """How a revision was verified against PyTorch: the newest one, unless given."""
        return await self._core.read(f"/trons/{tron.id}/report", VerificationReport, revision=revision)

    @operation
    async def download(
        self, model: Pth | Tron, folder: Path, *, revision: int | None = None, progress: ProgressCallback | None = None
    ) -> Path:
        """Write the model's file (of a Tron the newest revision, unless given) into `folder`; the path of it.

        Raises:
            BadInputError: the model has no such revision (yet).
        """
        ref, name = (
            (model.weights, model.weights.name or f"{model.name}.pth")
            if isinstance(model, Pth)
            else (_revision(model, revision), model.file_name)
        )
        target = folder / Path(name.replace("\\", "_")).name
        await self._core.download(ref, target, progress)
        return target

    @operation
    async def convert(
        self,
        pth_id: UUID,
        template_id: UUID,
        *,
        name: str = "",
        version: str | None = None,
        overrides: dict[str, Any] | None = None,
        merge_operators: bool = True,
        copy_parameters: bool = True,
        dataset_id: UUID | None = None,
        version_job_id: UUID | None = None,
    ) -> Job:
        """Ask for a conversion PTH -> Tron; the job's `subject_id` is the Tron model that will come of it.

        It is verified on random inputs and, with `dataset_id`, on the dataset's first images.
        """
        wish = ConversionWish(
            pth_id=pth_id,
            template_id=template_id,
            name=name,
            version=version,
            overrides=overrides or {},
            merge_operators=merge_operators,
            copy_parameters=copy_parameters,
            dataset_id=dataset_id,
            version_job_id=version_job_id,
        )
        return await self._core.write("/conversions", wish, Job)

    @operation
    async def edit_pth(self, pth: Pth, *, name: str | None = None, note: str | None = None) -> Pth:
        """Another name or note; what is None stays. Raises as `things.edited`."""
        return await edited(self._core, "/pth", pth, Edit(name=name, note=note))

    @operation
    async def edit_tron(self, tron: Tron, *, note: str) -> Tron:
        """Another note; a Tron's name is part of its identity. Raises as `things.edited`."""
        return await edited(self._core, "/trons", tron, NoteEdit(note=note))

    @operation
    async def delete(self, model: Pth | Tron) -> Pth | Tron:
        """Take a model out of use; raises as `things.edited`."""
        return await deleted(self._core, _path(model), model)

    @operation
    async def dependents(self, model: Pth | Tron) -> Dependents:
        """What depends on the model, and outlives it."""
        return await depending(self._core, _path(model), model)


def _path(model: Pth | Tron) -> str:
    return "/trons" if isinstance(model, Tron) else "/pth"


def _revision(tron: Tron, revision: int | None) -> ObjectRef:
    for candidate in sorted(tron.revisions, key=lambda known: known.revision, reverse=True):
        if revision in (None, candidate.revision):
            return candidate.tron
    raise BadInputError(
        f"model {tron.id} has no such revision yet: wait for its conversion",
        "revision_missing",
        model=str(tron.id),
        revision="" if revision is None else str(revision),
    )
