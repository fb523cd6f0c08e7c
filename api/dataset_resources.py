"""What the API answers of packages and datasets in detail: scans, records, figures."""

from __future__ import annotations

from uuid import UUID

from api.resources import Job, Resource
from schemas.specs.mapping import PackageKey
from schemas.values import Code, ObjectRef
from storage.datasets.survey import ScanReport

__all__ = ["DatasetScan", "PackageKey", "ScanReport"]


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
