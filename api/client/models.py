"""Models: PTH weights, the Tron models made of them, and the conversion between."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from api.client.core import Core
from api.client.errors import BadInputError
from api.client.naming import choose, everything, whole_id
from api.client.wire import ProgressCallback
from api.resources import ConversionWish, Job, Page, Pth, PthWish, Tron
from schemas.values import ObjectRef, Platform


class Models:
    """`Client.models`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def upload(
        self,
        path: Path,
        *,
        name: str = "",
        training_id: str = "",
        note: str = "",
        progress: ProgressCallback | None = None,
    ) -> Pth:
        """Store a .pth file and make it known; its name is the file's without the ending, unless given."""
        stored = self._core.upload(path, progress)
        wish = PthWish(
            name=name or path.stem, digest=stored.digest, file_name=path.name, training_id=training_id, note=note
        )
        return self._core.write("/pth", wish, Pth)

    def list_pth(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False
    ) -> Page[Pth]:
        """PTH models, newest update first."""
        return self._core.read("/pth", Page[Pth], search=search, limit=limit, cursor=cursor, mine=mine or None)

    def list_trons(
        self,
        *,
        search: str = "",
        platform: Platform | None = None,
        limit: int = 50,
        cursor: str | None = None,
        mine: bool = False,
    ) -> Page[Tron]:
        """Tron models with their revisions, newest update first."""
        return self._core.read(
            "/trons", Page[Tron], search=search, platform=platform, limit=limit, cursor=cursor, mine=mine or None
        )

    def get_pth(self, model_id: UUID) -> Pth:
        """One PTH model."""
        return self._core.read(f"/pth/{model_id}", Pth)

    def get_tron(self, model_id: UUID) -> Tron:
        """One Tron model."""
        return self._core.read(f"/trons/{model_id}", Tron)

    def find_pth(self, text: str) -> Pth:
        """The PTH model with this id, unique beginning of one, or exact name."""
        if (model_id := whole_id(text)) is not None:
            return self.get_pth(model_id)
        return choose("pth", text, everything(self._core, "/pth", Page[Pth], search=text), lambda pth: (pth.name,))

    def find_tron(self, text: str) -> Tron:
        """The Tron model with this id, unique beginning of one, `name@version`, or name where it has one version."""
        if (model_id := whole_id(text)) is not None:
            return self.get_tron(model_id)
        search = text.rpartition("@")[0] or text
        found = everything(self._core, "/trons", Page[Tron], search=search)
        return choose("tron", text, found, lambda tron: (tron.name, f"{tron.name}@{tron.version}", tron.file_name))

    def download(
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
        self._core.download(ref, target, progress)
        return target

    def convert(
        self,
        pth_id: UUID,
        template_id: UUID,
        *,
        name: str = "",
        version: str | None = None,
        overrides: dict[str, Any] | None = None,
        merge_operators: bool = True,
        copy_parameters: bool = True,
    ) -> Job:
        """Ask for a conversion PTH -> Tron; the job's `subject_id` is the Tron model that will come of it."""
        wish = ConversionWish(
            pth_id=pth_id,
            template_id=template_id,
            name=name,
            version=version,
            overrides=overrides or {},
            merge_operators=merge_operators,
            copy_parameters=copy_parameters,
        )
        return self._core.write("/conversions", wish, Job)


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
