"""The resources of asking for tests: what became of several at once."""

from __future__ import annotations

from uuid import UUID

from api.resources import Job, Resource
from schemas.values import Code, Precision


class RefusedTest(Resource, frozen=True, kw_only=True):
    """A test of a batch that cannot be; `message` is the reason as a sentence."""

    model_id: UUID
    dataset_id: UUID
    precision: Precision
    reason: Code
    message: str


class TestBatch(Resource, frozen=True, kw_only=True):
    """The jobs of a batch, models first, in the order in which they were named; or what was refused, and no job."""

    jobs: list[Job] = []
    refused: list[RefusedTest] = []
