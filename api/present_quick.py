"""A quick check as the API shows it. Pure."""

from __future__ import annotations

import msgspec

from api.present import job_resource
from api.test_forms import QuickCheck
from schemas.events import QuickCheckCompleted, QuickCheckRequested
from storage.views.rows import JobRow, ProgressRow

_GOT = ("images", "skipped", "reasons", "preprocess", "inference", "postprocess", "total_ms", "used", "results", "pack")


def quick_check_resource(row: JobRow, progress: ProgressRow | None, lang: str) -> QuickCheck:
    """A quick check, with its result as soon as it has one."""
    asked = msgspec.json.decode(row.request, type=QuickCheckRequested)
    check = QuickCheck(
        id=row.id,
        job=job_resource(row, progress, lang),
        model_id=asked.model_id,
        model=asked.identity.name,
        version=asked.identity.version,
        batch_size=asked.batch_size,
        precision=asked.precision,
        backend=asked.backend,
        steps=list(asked.steps),
    )
    if row.result is None:
        return check
    got = msgspec.json.decode(row.result, type=QuickCheckCompleted)
    return msgspec.structs.replace(check, trials=list(got.trials), **{name: getattr(got, name) for name in _GOT})
