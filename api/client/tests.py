"""Inference tests and their comparison."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

from api.client.datasets import Picture
from api.client.errors import UnknownNameError
from api.client.image_zip import pack_images
from api.client.mode import M
from api.client.naming import find, whole_id
from api.client.operation import Noun, iteration, operation
from api.reports import Parity
from api.resources import Job, Page
from api.resources_images import Flips, ImageOutcome
from api.resources_tests import Comparison, Test
from api.test_forms import QuickCheck, TestBatch, TestForm
from api.wishes import BatchWish, CloneWish, InferenceWish, ParityWish, QuickCheckWish
from schemas.reports import EvaluationReport
from schemas.specs.preprocessing import Step
from schemas.specs.testing import TestOptions
from schemas.values import Precision


class Tests(Noun[M]):
    """`Client.tests`."""

    @operation
    async def infer(
        self,
        model_id: UUID,
        dataset_id: UUID,
        *,
        batch_size: int = 1,
        loops: int = 1,
        precision: Precision = "fp32",
        backend: str = "auto",
        steps: Sequence[Step] | None = None,
        options: TestOptions | None = None,
        without_tasks: Sequence[str] = (),
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
            options=options or TestOptions(),
            without_tasks=[*without_tasks],
        )
        return await self._core.write("/inferences", wish, Job)

    @operation
    async def form(self, model_id: UUID, dataset_id: UUID) -> TestForm:
        """What the form of a test of this model on this dataset is filled with."""
        return await self._core.read("/test-form", TestForm, model_id=model_id, dataset_id=dataset_id)

    @operation
    async def infer_all(
        self,
        model_ids: Sequence[UUID],
        dataset_ids: Sequence[UUID],
        *,
        precisions: Sequence[Precision] = ("fp32",),
        batch_size: int = 1,
        loops: int = 1,
        backend: str = "auto",
        steps: Sequence[Step] | None = None,
        options: TestOptions | None = None,
        without_tasks: Sequence[str] = (),
    ) -> TestBatch:
        """Ask for tests of every model on every dataset in every precision: all of them, or none and why."""
        wish = BatchWish(
            model_ids=[*model_ids],
            dataset_ids=[*dataset_ids],
            precisions=tuple(precisions),
            batch_size=batch_size,
            loops=loops,
            backend=backend,
            steps=[*steps] if steps is not None else None,
            options=options or TestOptions(),
            without_tasks=[*without_tasks],
        )
        return await self._core.write("/test-batches", wish, TestBatch)

    @operation
    async def quick(
        self,
        model_id: UUID,
        images: Sequence[Path],
        *,
        batch_size: int = 1,
        precision: Precision = "fp32",
        backend: str = "auto",
        steps: Sequence[Step] | None = None,
    ) -> Job:
        """Upload local images, and ask for a look at what the model answers; the job's id is the quick check's.

        Raises:
            BadInputError: there are no images, or one is not a file. And those of `Core.write`.
        """
        with tempfile.TemporaryDirectory(prefix="mo-quick-") as scratch:
            package = Path(scratch) / "images.zip"
            await self._core.mode.apart(lambda: pack_images(images, package))
            stored = await self._core.upload(package)
        wish = QuickCheckWish(
            model_id=model_id,
            digest=stored.digest,
            batch_size=batch_size,
            precision=precision,
            backend=backend,
            steps=[*steps] if steps is not None else None,
        )
        return await self._core.write("/quick-checks", wish, Job)

    @operation
    async def quick_check(self, check_id: UUID) -> QuickCheck:
        """One quick check."""
        return await self._core.read(f"/quick-checks/{check_id}", QuickCheck)

    @operation
    async def quick_checks(
        self, *, model_id: UUID | None = None, limit: int = 50, cursor: str | None = None, mine: bool = False
    ) -> Page[QuickCheck]:
        """Quick checks, newest update first."""
        return await self._core.read(
            "/quick-checks", Page[QuickCheck], subject_id=model_id, limit=limit, cursor=cursor, mine=mine or None
        )

    @operation
    async def clone(self, test_id: UUID, changes: CloneWish | None = None) -> Job:
        """Ask for a test once more, with these changes; without any it is a rerun."""
        return await self._core.write(f"/tests/{test_id}/clone", changes or CloneWish(), Job)

    @operation
    async def list(
        self,
        *,
        state: str | None = None,
        model_id: UUID | None = None,
        dataset_id: UUID | None = None,
        limit: int = 50,
        cursor: str | None = None,
        mine: bool = False,
    ) -> Page[Test]:
        """Tests, newest update first; `state` is the job's."""
        return await self._core.read(
            "/tests",
            Page[Test],
            state=state,
            subject_id=model_id,
            dataset_id=dataset_id,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
        )

    @iteration
    def all(self, *, state: str | None = None, model_id: UUID | None = None, mine: bool = False) -> AsyncIterator[Test]:
        """Every test, newest update first, page after page."""
        return self._core.pages("/tests", Page[Test], state=state, subject_id=model_id, mine=mine or None)

    @operation
    async def get(self, test_id: UUID) -> Test:
        """One test."""
        return await self._core.read(f"/tests/{test_id}", Test)

    @operation
    async def find(self, text: str) -> Test:
        """The test with this id or unique beginning of one."""
        return await find(self._core, "/tests", (Test, Page[Test]), text, noun="test", names=lambda _test: ())

    @operation
    async def find_seen(self, text: str) -> UUID:
        """The id of the test or quick check, both of which have images, with this id or unique beginning of one."""
        if (id_ := whole_id(text)) is not None:
            return id_
        try:
            test = await find(self._core, "/tests", (Test, Page[Test]), text, noun="test", names=lambda _test: ())
        except UnknownNameError:
            kinds = QuickCheck, Page[QuickCheck]
            check = await find(self._core, "/quick-checks", kinds, text, noun="test", names=lambda _check: ())
            return check.id
        return test.id

    @operation
    async def result(self, test_id: UUID) -> EvaluationReport:
        """A completed test in total: by class, curve, confusion and slice."""
        return await self._core.read(f"/tests/{test_id}/result", EvaluationReport)

    @operation
    async def images(
        self,
        test_id: UUID,
        *,
        outcome: str = "",
        task: str = "",
        class_: str = "",
        found: str = "",
        slice_: str = "",
        search: str = "",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ImageOutcome]:
        """A page of a completed test's images, in the order of the dataset.

        `outcome`: right, wrong, tp, fp, fn; `class_` the true class, `found` the found one, both a cell of the
        confusion matrix; `slice_`: DIMENSION=VALUE; `search`: part of the name.
        """
        return await self._core.read(
            f"/tests/{test_id}/images",
            Page[ImageOutcome],
            outcome=outcome,
            task=task,
            found=found,
            slice=slice_,
            search=search,
            limit=limit,
            cursor=cursor,
            **{"class": class_},
        )

    @operation
    async def image(self, test_id: UUID, number: int) -> ImageOutcome:
        """One image of a completed test, with the boxes below the threshold."""
        return await self._core.read(f"/tests/{test_id}/images/{number}", ImageOutcome)

    @operation
    async def picture(self, test_id: UUID, number: int, form: Picture = "rendered") -> bytes:
        """One image of a completed test: the original (`image`), an SVG with boxes and answers over it (`rendered`), or
        what is said of it as JSON."""
        path = f"/tests/{test_id}/images/{number}" + ("" if form == "json" else f"/{form}")
        return await self._core.body(path)

    @operation
    async def flips(
        self,
        base: UUID,
        test: UUID,
        *,
        task: str = "",
        change: str = "",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Flips:
        """The images of which a test and its base differ, the largest difference first; `change`: lost or won."""
        return await self._core.read(
            "/comparisons/flips", Flips, base=base, test=test, task=task, change=change, limit=limit, cursor=cursor
        )

    @operation
    async def parity(
        self,
        model_id: UUID,
        dataset_id: UUID,
        *,
        images_max: int = 200,
        batch_size: int = 8,
        backend: str = "auto",
        steps: Sequence[Step] | None = None,
    ) -> Job:
        """Ask for a comparison of a converted model with its PyTorch network; the job's id is the comparison's."""
        wish = ParityWish(
            model_id=model_id,
            dataset_id=dataset_id,
            images_max=images_max,
            batch_size=batch_size,
            backend=backend,
            steps=list(steps) if steps is not None else None,
        )
        return await self._core.write("/parities", wish, Job)

    @operation
    async def parities(
        self, *, model_id: UUID | None = None, state: str | None = None, limit: int = 50
    ) -> Page[Parity]:
        """Comparisons with PyTorch, newest update first."""
        return await self._core.read("/parities", Page[Parity], subject_id=model_id, state=state, limit=limit)

    @operation
    async def parity_result(self, parity_id: UUID) -> Parity:
        """One comparison with PyTorch."""
        return await self._core.read(f"/parities/{parity_id}", Parity)

    @operation
    async def compare(self, tests: Sequence[UUID], base: UUID) -> Comparison:
        """Tests beside a base, with signed differences (this minus base)."""
        return await self._core.read("/comparisons", Comparison, tests=",".join(map(str, tests)), base=base)
