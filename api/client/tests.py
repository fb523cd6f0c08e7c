"""Inference tests and their comparison."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.client.core import Core
from api.client.naming import choose, everything, whole_id
from api.resources import Comparison, InferenceWish, Job, Page, Test
from schemas.specs.preprocessing import Step
from schemas.values import Precision


class Tests:
    """`Client.tests`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def infer(
        self,
        model_id: UUID,
        dataset_id: UUID,
        *,
        batch_size: int = 1,
        loops: int = 1,
        precision: Precision = "fp32",
        backend: str = "auto",
        steps: Sequence[Step] | None = None,
        revision_job_id: UUID | None = None,
        version_job_id: UUID | None = None,
    ) -> Job:
        """Ask for a test of a model on a dataset; the job's id is the test's."""
        wish = InferenceWish(
            model_id=model_id,
            dataset_id=dataset_id,
            revision_job_id=revision_job_id,
            version_job_id=version_job_id,
            batch_size=batch_size,
            loops=loops,
            precision=precision,
            backend=backend,
            steps=list(steps) if steps is not None else None,
        )
        return self._core.write("/inferences", wish, Job)

    def list(
        self,
        *,
        state: str | None = None,
        model_id: UUID | None = None,
        limit: int = 50,
        cursor: str | None = None,
        mine: bool = False,
    ) -> Page[Test]:
        """Tests, newest update first; `state` is the job's."""
        return self._core.read(
            "/tests",
            Page[Test],
            state=state,
            subject_id=model_id,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
        )

    def get(self, test_id: UUID) -> Test:
        """One test."""
        return self._core.read(f"/tests/{test_id}", Test)

    def find(self, text: str) -> Test:
        """The test with this id or unique beginning of one."""
        if (test_id := whole_id(text)) is not None:
            return self.get(test_id)
        return choose("test", text, everything(self._core, "/tests", Page[Test]), lambda _test: ())

    def compare(self, tests: Sequence[UUID], base: UUID) -> Comparison:
        """Tests beside a base, with signed differences (this minus base)."""
        return self._core.read("/comparisons", Comparison, tests=",".join(map(str, tests)), base=base)
