"""Makes what the demo needs, or finds it: every function may be called again and does its work once."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from api.client.errors import ProblemError, UnknownNameError
from api.client.jobs import ENDED
from api.client.transfers import digest_of
from deploy.demo.plan import Case, Variant

if TYPE_CHECKING:
    from api.client.client import Client
    from api.reports import Parity
    from api.resources import Dataset, Job, Pth, Structure, Template, Tron
    from api.resources_tests import Test

LISTED_MAX = 200
JOB_SECONDS_MAX = 1800.0

Share = Callable[[float], None]
"""Told how far a step is, 0..1."""


class StepFailedError(Exception):
    """A job of the demo ended otherwise than well; `reason` is a sentence in the reader's language."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def weights(mo: Client, case: Case, variant: Variant, share: Share) -> Pth:
    """The variant's weights as a PTH model."""
    path = case.weights(variant)
    digest = digest_of(path)
    known = mo.models.list_pth(search=variant.name, limit=LISTED_MAX).items
    for pth in known:
        if (pth.name, pth.weights.digest) == (variant.name, digest):
            return pth
    return mo.models.upload(path, name=variant.name, progress=lambda done, total: share(done / max(total, 1)))


def structure(mo: Client, case: Case, variant: Variant) -> Structure:
    """The variant's network class; another structure may have a class of that name."""
    for known in mo.structures.list(search=variant.class_name, limit=LISTED_MAX).items:
        if known.name == variant.class_name:
            return known
    return mo.structures.add(case.structure, variant.class_name)


def template(mo: Client, case: Case, variant: Variant, architecture: UUID) -> Template:
    """The variant's conversion template."""
    try:
        return mo.templates.find(variant.name)
    except UnknownNameError:
        return mo.templates.add(case.template(variant, str(architecture)))


def dataset(mo: Client, case: Case, share: Share) -> Dataset:
    """The images as a dataset with a version. A name whose import failed is taken for good: the next one is tried."""
    for number in itertools.count(1):
        name = case.dataset if number == 1 else f"{case.dataset}-{number}"
        try:
            known = mo.datasets.find(name)
        except UnknownNameError:
            return mo.datasets.get(finished(mo, _import(mo, case, name), share).subject_id)
        if not known.versions:
            _finish_live(mo, "import", known.id, share)
            known = mo.datasets.get(known.id)
        if known.versions:
            return known
    raise AssertionError("the count never ends")


def tron(mo: Client, case: Case, variant: Variant, pth: Pth, used: Template, share: Share) -> Tron:
    """The variant converted: a Tron with a verified revision."""
    family = [one for one in mo.models.list_trons(search=case.model, limit=LISTED_MAX).items if one.name == case.model]
    for known in family:
        if (known.pth_id, known.template_id) != (pth.id, used.id):
            continue
        if not known.revisions:
            _finish_live(mo, "conversion", known.id, share)
            known = mo.models.get_tron(known.id)
        if known.revisions:
            return known
    free = all(one.version != variant.version for one in family)
    job = _convert(mo, case, pth, used, variant.version if free else None)
    return mo.models.get_tron(finished(mo, job, share).subject_id)


def _convert(mo: Client, case: Case, pth: Pth, used: Template, version: str | None) -> Job:
    """Ask for the conversion; a version that a deleted model keeps for ever gives way to the next one."""
    try:
        return mo.convert(pth.id, used.id, name=case.model, version=version)
    except ProblemError as error:
        if version is None or error.problem.code != "version_taken":
            raise
    return mo.convert(pth.id, used.id, name=case.model)


def test(mo: Client, case: Case, variant: Variant, model: Tron, data: Dataset, share: Share) -> Test:
    """The converted variant tested on the images."""
    chain = case.steps(variant)
    pack = max(data.versions, key=lambda version: version.created_at).pack.digest
    for known in mo.tests.list(state="completed", model_id=model.id, limit=LISTED_MAX).items:
        if (known.pack, known.batch_size, known.steps) == (pack, case.batch_size, chain):
            return known
    job = mo.infer(model.id, data.id, batch_size=case.batch_size, steps=chain)
    return mo.tests.get(finished(mo, job, share).id)


def parity(mo: Client, case: Case, variant: Variant, tested: Test, share: Share) -> Parity:
    """The tested model beside its PyTorch network, on all of the images."""
    for known in mo.tests.parities(model_id=tested.model_id, state="completed", limit=LISTED_MAX).items:
        if known.pack == tested.pack and known.images == tested.images:
            return known
    job = mo.parity(
        tested.model_id,
        tested.dataset_id,
        images_max=(tested.images or 0) + (tested.skipped or 0),
        batch_size=case.batch_size,
        steps=case.steps(variant),
    )
    return mo.tests.parity_result(finished(mo, job, share).id)


def finished(mo: Client, job: Job, share: Share) -> Job:
    """The job once it has completed.

    Raises:
        StepFailedError: it ended otherwise, or the machine has no sandbox for it. WaitTimeoutError: it did not end.
    """

    def look(seen: Job) -> None:
        if seen.waiting_for is not None and seen.waiting_for.code == "agents_without_sandbox":
            raise StepFailedError(seen.waiting_message)
        share(seen.progress.fraction if seen.progress else 0.0)

    ended = mo.jobs.wait(job.id, JOB_SECONDS_MAX, look)
    if ended.state != "completed":
        raise StepFailedError(ended.message or (ended.reason.code if ended.reason else ended.state))
    return ended


def _import(mo: Client, case: Case, name: str) -> Job:
    with tempfile.TemporaryDirectory(prefix="mo-demo-") as scratch:
        case.lay_out(Path(scratch))
        return mo.datasets.import_folder(name, Path(scratch))


def _finish_live(mo: Client, kind: str, subject: UUID, share: Share) -> None:
    """Wait for a job of an earlier, interrupted run."""
    for job in mo.jobs.list(kind=kind, subject_id=subject, limit=LISTED_MAX).items:
        if job.state not in ENDED:
            mo.jobs.wait(job.id, JOB_SECONDS_MAX, lambda seen: share(seen.progress.fraction if seen.progress else 0.0))
