"""A parity job as the API shows it. Pure."""

from __future__ import annotations

import msgspec

from api.present import job_resource
from api.reports import Parity
from schemas.events import ParityCompleted, ParityRequested
from storage.views.rows import JobRow, ProgressRow


def parity_resource(row: JobRow, progress: ProgressRow | None, lang: str) -> Parity:
    """A parity job, with its result as soon as it has one."""
    asked = msgspec.json.decode(row.request, type=ParityRequested)
    parity = Parity(
        id=row.id,
        job=job_resource(row, progress, lang),
        model_id=asked.model_id,
        model=asked.identity.name,
        version=asked.identity.version,
        dataset_id=asked.dataset_id,
        dataset=asked.dataset_name,
        pack=asked.pack.digest,
        images_max=asked.images_max,
    )
    if row.result is None:
        return parity
    got = msgspec.json.decode(row.result, type=ParityCompleted)
    return msgspec.structs.replace(
        parity,
        images=got.images,
        max_abs=got.max_abs,
        outputs=list(got.outputs),
        figures=list(got.figures),
        different=got.different,
        used=got.used,
        report=got.report,
    )
