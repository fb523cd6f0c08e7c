"""What the API answers of packages and datasets in detail: scans, records, figures."""

from __future__ import annotations

from uuid import UUID

from api.resources import Job, Moment, Resource
from schemas.specs.mapping import PackageKey
from schemas.values import Code, ObjectRef
from storage.dataocean.port import Kind
from storage.datasets.pack import Box, PackInfo
from storage.datasets.survey import ScanReport

__all__ = [
    "CatalogueItem",
    "DatasetFigures",
    "DatasetRecord",
    "DatasetScan",
    "LeftOut",
    "PackageKey",
    "ScanReport",
]


class DatasetScan(Resource, frozen=True, kw_only=True):
    """What an import of a package would keep and drop; `report` is None until the scan's job has completed.

    Of `report`, `wanted` is the left side of the mapping (the template's, not to be edited), `keys` what may stand on
    its right, `pairs` the proposal. `notices` must be seen before it is confirmed (`messages`: as sentences).
    """

    id: UUID
    job: Job
    package: ObjectRef
    template_id: UUID | None
    sub_template: str
    split: str
    report: ScanReport | None
    notices: list[Code]
    messages: list[str]


class DatasetRecord(Resource, frozen=True, kw_only=True):
    """An image of a dataset's version: `number` counts from 0, `width` and `height` are of the upright image.

    `labels`: a class (in a sequence dataset: the text) per task; `attributes`: what no task was mapped to.
    """

    number: int
    name: str
    width: int
    height: int
    sha256: str
    labels: dict[str, str]
    boxes: list[Box]
    attributes: dict[str, str]


class DatasetFigures(Resource, frozen=True, kw_only=True):
    """A dataset's version in numbers: that of the import `job_id`, in `pack`."""

    job_id: UUID
    pack: ObjectRef
    figures: PackInfo


class LeftOut(Resource, frozen=True, kw_only=True):
    """Something that an import left out: its name in the package, the code why, and the same as a sentence."""

    name: str
    code: str
    params: dict[str, str]
    message: str


class CatalogueItem(Resource, frozen=True, kw_only=True):
    """A package that the operator keeps ready: a zip, or a folder that becomes one. `name` is a label."""

    id: UUID
    name: str
    kind: Kind
    size_bytes: int | None
    changed_at: Moment | None
