"""The resources that tell how a Tron revision compares with PyTorch: when it was converted, and on a dataset."""

from __future__ import annotations

from uuid import UUID

from api.resources import Job, Resource
from schemas.events.tests import BackendUsed, ParityFigure, ParityOutput
from schemas.reports import ConversionReport
from schemas.values import ObjectRef


class VerificationReport(Resource, frozen=True, kw_only=True):
    """How far a revision is from PyTorch, output by output, and what conversion changed in its graphs.

    It says that the graphs compute what the structures computed in the sandbox, on the inputs that were tried.
    `messages` are the notices of all sub-models as sentences in the reader's language.
    """

    model_id: UUID
    job_id: UUID
    revision: int
    report: ConversionReport
    messages: list[str] = []


class Parity(Resource, frozen=True, kw_only=True):
    """A Tron beside the PyTorch network that it was made of, on the same images; results are None until it is done.

    `outputs` and `figures` are the first ones, all of them are in the report; `different` images got another answer.
    """

    id: UUID
    job: Job
    model_id: UUID
    model: str
    version: str
    dataset_id: UUID
    dataset: str
    pack: str
    images_max: int
    images: int | None = None
    max_abs: float | None = None
    outputs: list[ParityOutput] = []
    figures: list[ParityFigure] = []
    different: int | None = None
    used: BackendUsed | None = None
    report: ObjectRef | None = None
