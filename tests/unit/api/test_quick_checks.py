"""Quick checks: asked for, shown, kept apart from tests and comparisons."""

from __future__ import annotations

import io
import zipfile
from uuid import UUID

import pytest

from schemas.events import QuickCheckCompleted
from schemas.events.tests import BackendUsed, StageTiming
from schemas.values import ObjectRef


def package() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as file:
        file.writestr("a.png", b"image")
    return kept.getvalue()


async def asked(api, data: bytes, **changes):
    wish = {"model_id": str(await api.converted()), "digest": await api.upload(data)}
    return await api.post("/quick-checks", {**wish, **changes})


async def test_a_quick_check_is_shown_with_its_result_and_belongs_to_no_dataset(api):
    job = (await asked(api, package(), batch_size=2)).json
    assert (job["kind"], job["resource"]) == ("quick_check", "device")
    check = (await api.get(f"/quick-checks/{job['id']}")).json
    assert (check["batch_size"], check["images"], check["steps"]) == (2, None, [])
    assert (await api.get(f"/quick-checks/{job['id']}/results")).status == 409
    timing = StageTiming(1.0, 1.0, 1.0, 1.0, 1.0)
    answers = await api.upload(b"answers")
    await api.finished(
        job, QuickCheckCompleted, images=1, skipped=0, preprocess=timing, inference=timing, postprocess=timing,
        total_ms=3.0, used=BackendUsed("onnxruntime", "1", "fp32", "cpu", False), results=ObjectRef(answers, 7),
        pack=ObjectRef(answers, 7),
    )  # fmt: skip
    (listed,) = (await api.get("/quick-checks")).json["items"]
    assert (listed["images"], listed["total_ms"], listed["job"]["state"]) == (1, 3.0, "completed")
    assert (await api.get(f"/quick-checks/{job['id']}/results")).body == b"answers"
    assert (await api.get("/tests")).json["items"] == []


async def test_a_quick_check_is_never_compared(api):
    job = (await asked(api, package())).json
    test = await api.tested(await api.converted(), await api.dataset(), 0.5)
    answer = await api.get(f"/comparisons?tests={test},{job['id']}")
    assert (answer.status, answer.json["code"]) == (422, "quick_check_not_compared")
    assert (await api.get(f"/tests/{job['id']}")).status == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"batch_size": 9}, "batch_size_over_max"),
        ({"precision": "int8"}, "precision_not_available"),
        ({"backend": "magic"}, "value_not_supported"),
        ({"steps": [{"op": "transpose"}, {"op": "cvtRGB"}]}, "transpose_not_last"),
        ({"digest": f"sha256:{0:064}"}, "object_not_uploaded"),
        ({"model_id": str(UUID(int=1))}, "tron_unknown"),
        ({"dataset_id": str(UUID(int=1))}, "body_invalid"),
    ],
)
async def test_what_cannot_work_is_refused(api, changes, code):
    answer = await asked(api, package(), **changes)
    assert (answer.status, answer.json["code"]) == (422, code)


async def test_only_a_zip_is_taken(api):
    answer = await asked(api, b"no zip at all")
    assert (answer.status, answer.json["code"]) == (422, "quick_check_no_zip")
