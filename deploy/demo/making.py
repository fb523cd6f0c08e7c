"""Makes what the demo needs, or finds it: every function may be called again and does its work once."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from api.client.core import digest_of
from api.client.errors import UnknownNameError
from api.client.jobs import ENDED
from deploy.demo import assets, plan
from deploy.demo.plan import Variant

if TYPE_CHECKING:
    from api.client.client import Client
    from api.resources import Dataset, Job, Pth, Structure, Template, Test, Tron

LISTED_MAX = 200
JOB_SECONDS_MAX = 1800.0

Share = Callable[[float], None]
"""Told how far a step is, 0..1."""


class StepFailedError(Exception):
    """A job of the demo ended otherwise than well; `reason` is a sentence in the reader's language."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def weights(mo: Client, variant: Variant, share: Share) -> Pth:
    """The variant's weights as a PTH model."""
    path = assets.weights(variant.package)
    digest = digest_of(path)
    known = mo.models.list_pth(search=variant.name, limit=LISTED_MAX).items
    for pth in known:
        if (pth.name, pth.weights.digest) == (variant.name, digest):
            return pth
    return mo.models.upload(path, name=variant.name, progress=lambda done, total: share(done / max(total, 1)))


def structure(mo: Client, variant: Variant) -> Structure:
    """The variant's network class."""
    try:
        return mo.structures.find(variant.class_name)
    except UnknownNameError:
        return mo.structures.add(assets.STRUCTURE, variant.class_name)


def template(mo: Client, variant: Variant, architecture: UUID) -> Template:
    """The variant's conversion template."""
    try:
        return mo.templates.find(variant.name)
    except UnknownNameError:
        return mo.templates.add(plan.template(variant, architecture))


def dataset(mo: Client, share: Share) -> Dataset:
    """The photos as a dataset with a version. A name whose import failed is taken for good: the next one is tried."""
    for number in itertools.count(1):
        name = plan.DATASET if number == 1 else f"{plan.DATASET}-{number}"
        try:
            known = mo.datasets.find(name)
        except UnknownNameError:
            return mo.datasets.get(finished(mo, _import(mo, name), share).subject_id)
        if not known.versions:
            _finish_live(mo, "import", known.id, share)
            known = mo.datasets.get(known.id)
        if known.versions:
            return known
    raise AssertionError("the count never ends")


def tron(mo: Client, variant: Variant, pth: Pth, used: Template, share: Share) -> Tron:
    """The variant converted: a Tron with a verified revision."""
    family = [one for one in mo.models.list_trons(search=plan.MODEL, limit=LISTED_MAX).items if one.name == plan.MODEL]
    for known in family:
        if (known.pth_id, known.template_id) != (pth.id, used.id):
            continue
        if not known.revisions:
            _finish_live(mo, "conversion", known.id, share)
            known = mo.models.get_tron(known.id)
        if known.revisions:
            return known
    free = all(one.version != variant.version for one in family)
    job = mo.convert(pth.id, used.id, name=plan.MODEL, version=variant.version if free else None)
    return mo.models.get_tron(finished(mo, job, share).subject_id)


def test(mo: Client, variant: Variant, model: Tron, data: Dataset, share: Share) -> Test:
    """The converted variant tested on the photos."""
    chain = plan.steps(variant)
    pack = max(data.versions, key=lambda version: version.created_at).pack.digest
    for known in mo.tests.list(state="completed", model_id=model.id, limit=LISTED_MAX).items:
        if (known.pack, known.batch_size, known.steps) == (pack, plan.BATCH_SIZE, chain):
            return known
    job = mo.infer(model.id, data.id, batch_size=plan.BATCH_SIZE, steps=chain)
    return mo.tests.get(finished(mo, job, share).id)


def finished(mo: Client, job: Job, share: Share) -> Job:
    """The job once it has completed.

    Raises:
        StepFailedError: it ended otherwise. WaitTimeoutError: it did not end.
    """
    ended = mo.jobs.wait(job.id, JOB_SECONDS_MAX, lambda seen: share(seen.progress.fraction if seen.progress else 0.0))
    if ended.state != "completed":
        raise StepFailedError(ended.message or (ended.reason.code if ended.reason else ended.state))
    return ended


def _import(mo: Client, name: str) -> Job:
    with tempfile.TemporaryDirectory(prefix="mo-demo-") as scratch:
        assets.lay_out(assets.photos(), Path(scratch))
        return mo.datasets.import_folder(name, Path(scratch))


def _finish_live(mo: Client, kind: str, subject: UUID, share: Share) -> None:
    """Wait for a job of an earlier, interrupted run."""
    for job in mo.jobs.list(kind=kind, subject_id=subject, limit=LISTED_MAX).items:
        if job.state not in ENDED:
            mo.jobs.wait(job.id, JOB_SECONDS_MAX, lambda seen: share(seen.progress.fraction if seen.progress else 0.0))
