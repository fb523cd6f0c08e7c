"""The resource that tells how a Tron revision was verified."""

from __future__ import annotations

from uuid import UUID

from api.resources import Resource
from schemas.reports import ConversionReport


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
