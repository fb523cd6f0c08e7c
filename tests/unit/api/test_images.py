"""A test's result over the API: the report, pages of images, originals, pictures that run nothing, flips."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import msgspec
import pytest
from made_results import Actual, Found, boxed, classified, dimension, results

from schemas.events import InferenceCompleted, QuickCheckCompleted
from schemas.events.tests import BackendUsed, StageTiming
from schemas.reports import Answer, EvaluationReport, ImageResult
from schemas.results import MATCHED, MISSED, RIGHT, WRONG, Results, encode
from schemas.values import ObjectRef
from storage.datasets.pack import PackTask, PackWriter
from tests.unit.api.test_packs import EVIL, PNG, pack, version

USED = BackendUsed("onnxruntime", "1", "fp32", "cpu", False)
NAMES = tuple(f"shots/{number}.png" for number in (0, 1, 2, 4, 5, 6))
"""Image 3 was skipped."""
FILES = [hashlib.sha256(PNG + bytes([int(name[6])])).digest() for name in NAMES]
SVG = "{http://www.w3.org/2000/svg}"


def said(last: int = 1) -> Results:
    boxes = [[Found(0, 1, 0.9, RIGHT)]] * 4 + [[Found(1, 3, 0.8, WRONG)], []]
    truths = [[Actual(0, 1, MATCHED)]] * 4 + [[], [Actual(1, 3, MISSED)]]
    return results(
        NAMES,
        digests=FILES,
        classified=(classified([0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, last], ("day", "night"), "light"),),
        detected=(boxed(boxes, truths, ("car", EVIL)),),
        dimensions=(dimension("light", ("day", "night"), [0, 0, 0, 0, 1, 1]),),
    )


def report() -> bytes:
    old = ImageResult(name="a", digest="sha256:" + "1" * 64, answers=(Answer(label=0, top=(0,), scores=(1.0,)),))
    made = EvaluationReport(
        tasks=(), skipped=(), steps=(), batch_size=1, loops=1, precision="fp32", used=USED, images=(old,)
    )
    return msgspec.json.encode(made)


async def completed(api: Any, dataset: UUID, left: bytes | None, told: bytes | None = None) -> UUID:
    """A completed test that left these results."""
    wish = {"model_id": str(await api.converted()), "dataset_id": str(dataset)}
    answer = await api.post("/inferences", wish)
    assert answer.status == 201, answer.body
    timing, told = StageTiming(20.0, 1.0, 1.0, 1.0, 1.0), told or report()
    await api.finished(
        answer.json, InferenceCompleted, images=6, skipped=1, accuracy=0.5, tasks=(), preprocess=timing,
        inference=timing, postprocess=timing, total_ms=60.0, used=USED, report=ObjectRef(await api.upload(told), 1),
        results=None if left is None else ObjectRef(await api.upload(left), len(left)),
    )  # fmt: skip
    return UUID(answer.json["id"])


async def scene(api: Any, tmp_path: Path) -> tuple[UUID, UUID]:
    """A dataset, and a test of it."""
    dataset, _ = await version(api, pack(tmp_path / "p.zip"))
    return dataset, await completed(api, dataset, encode(said()))


async def test_a_result_is_the_report_without_its_images(api, tmp_path):
    _, id_ = await scene(api, tmp_path)
    for _ in range(2):
        got = (await api.get(f"/tests/{id_}/result")).json
        assert (got["batch_size"], got["images"], got["format_version"]) == (1, [], 2)


async def test_images_come_by_pages_and_filters(api, tmp_path):
    _, id_ = await scene(api, tmp_path)
    first = (await api.get(f"/tests/{id_}/images?limit=4")).json
    assert ([each["number"] for each in first["items"]], first["next"]) == ([0, 1, 2, 3], "4")
    last = (await api.get(f"/tests/{id_}/images?limit=4&cursor=4")).json
    assert ([each["name"] for each in last["items"]], last["next"]) == ([*NAMES[4:]], None)
    for query, numbers in (
        ("outcome=wrong", [4, 5]),
        ("outcome=wrong&task=light", [4]),
        ("outcome=fn", [5]),
        ("outcome=fp&slice=light=night", [4]),
        ("class=night&found=day", [4]),
        ("search=SHOTS/4", [3]),
    ):
        found = (await api.get(f"/tests/{id_}/images?{query}")).json
        assert ([each["number"] for each in found["items"]], found["next"]) == (numbers, None)


async def test_one_image_has_everything_that_was_said_of_it(api, tmp_path):
    _, id_ = await scene(api, tmp_path)
    shown = (await api.get(f"/tests/{id_}/images/4")).json
    assert (shown["right"], shown["slices"], shown["digest"]) == (False, {"light": "night"}, f"sha256:{FILES[4].hex()}")
    (answer,) = shown["answers"]
    assert (answer["truth"], answer["right"], answer["top"][0]) == ("night", False, {"name": "day", "score": 0.75})
    assert shown["counts"] == [{"task": "object", "right": 0, "wrong": 1, "missed": 0, "f1": 0.0}]
    assert (shown["boxes"][0]["name"], shown["boxes"][0]["outcome"]) == (EVIL, "wrong")
    missed = (await api.get(f"/tests/{id_}/images/5")).json
    assert [(each["outcome"], each["left"], each["right"]) for each in missed["truths"]] == [("missed", 3, 13)]


async def test_the_original_is_that_of_the_image_also_behind_skipped_ones(api, tmp_path):
    _, id_ = await scene(api, tmp_path)
    for number, file in ((2, 2), (3, 4), (5, 6)):
        image = await api.get(f"/tests/{id_}/images/{number}/image")
        assert (image.body, image.headers["Content-Type"]) == (PNG + bytes([file]), "image/png")


async def test_pictures_show_outcomes_and_run_nothing(api, tmp_path):
    _, id_ = await scene(api, tmp_path)
    texts = []
    for number in (0, 4, 5):
        picture = await api.get(f"/tests/{id_}/images/{number}/rendered")
        assert picture.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in picture.headers["Content-Security-Policy"]
        svg = ElementTree.fromstring(picture.body)
        assert {each.tag.rpartition("}")[2] for each in svg.iter()} == {"svg", "image", "g", "rect", "text"}
        texts.append([each.text for each in svg.iter(f"{SVG}text")])
    assert texts == [
        ["TP car 0.90", "light: day 0.75 ✓"],
        [f"FP {EVIL} 0.80", "light: day 0.75 ✗ (night)"],
        [f"FN {EVIL}", "light: night 0.75 ✓"],
    ]


async def test_flips_of_two_tests(api, tmp_path):
    dataset, base = await scene(api, tmp_path)
    other = await completed(api, dataset, encode(said(last=0)))
    found = (await api.get(f"/comparisons/flips?base={base}&test={other}")).json
    assert (found["task"], found["images"], found["lost"], found["won"], found["next"]) == ("light", 6, 1, 0, None)
    (flip,) = found["items"]
    assert (flip["change"], flip["difference"], flip["base"]["number"], flip["test"]["number"]) == ("lost", -1, 5, 5)
    assert [each["answers"][0]["right"] for each in (flip["base"], flip["test"])] == [True, False]
    back = (await api.get(f"/comparisons/flips?base={other}&test={base}&change=lost")).json
    assert (back["items"], back["won"]) == ([], 1)
    boxes = (await api.get(f"/comparisons/flips?base={base}&test={other}&task=object")).json
    assert (boxes["images"], boxes["items"]) == (6, [])


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("tests/{id}/images/6", 404, "record_unknown"),
        ("tests/{id}/images/x/rendered", 404, "record_unknown"),
        ("tests/{id}/images?cursor=-1", 400, "query_invalid"),
        ("tests/{id}/images?outcome=good", 400, "query_invalid"),
        ("tests/{id}/images?class=horse", 400, "query_invalid"),
        ("tests/{id}/images?slice=light", 400, "query_invalid"),
        ("tests/{id}/images/0?limit=1", 400, "query_unknown"),
        ("comparisons/flips?base={id}", 400, "query_invalid"),
        ("comparisons/flips?base={id}&test={id}&task=colour", 400, "query_invalid"),
        (f"comparisons/flips?base={{id}}&test={UUID(int=9)}", 404, "test_unknown"),
        ("tests/{dataset}/images", 404, "test_unknown"),
    ],
)
async def test_what_is_not_there_is_refused(api, tmp_path, path, status, code):
    dataset, id_ = await scene(api, tmp_path)
    answer = await api.get("/" + path.format(id=id_, dataset=dataset))
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_tests_without_readable_results_say_so(api, tmp_path):
    dataset, _ = await version(api, pack(tmp_path / "p.zip"))
    waiting = await api.post("/inferences", {"model_id": str(await api.converted()), "dataset_id": str(dataset)})
    for left, status, code in ((None, 409, "test_has_no_images"), (b"junk", 422, "result_unreadable")):
        id_ = await completed(api, dataset, left, b"junk")
        answer = await api.get(f"/tests/{id_}/images")
        assert (answer.status, answer.json["code"]) == (status, code)
        assert (await api.get(f"/tests/{id_}/result")).json["code"] == "result_unreadable"
    answer = await api.get(f"/tests/{waiting.json['id']}/images")
    assert (answer.status, answer.json["code"]) == (409, "test_not_completed")


async def test_a_quick_check_shows_its_images_and_is_neither_scored_nor_compared(api, tmp_path):
    data = pack(tmp_path / "q.zip")
    shown = results(NAMES, digests=FILES, classified=(classified([], [0, 0, 1, 0, 0, 0], ("day", "night"), "light"),))
    wish = {"model_id": str(await api.converted()), "digest": await api.upload(data)}
    job = (await api.post("/quick-checks", wish)).json
    assert (await api.get(f"/tests/{job['id']}/images")).status == 409
    timing = StageTiming(1.0, 1.0, 1.0, 1.0, 1.0)
    stored = ObjectRef(await api.upload(encode(shown)), 1)
    await api.finished(
        job, QuickCheckCompleted, images=6, skipped=1, preprocess=timing, inference=timing, postprocess=timing,
        total_ms=3.0, used=USED, results=stored, pack=ObjectRef(wish["digest"], len(data)),
    )  # fmt: skip
    page = (await api.get(f"/tests/{job['id']}/images?found=night")).json
    assert [(each["number"], each["right"], each["answers"][0]["truth"]) for each in page["items"]] == [(2, None, None)]
    assert (await api.get(f"/tests/{job['id']}/images/2/image")).body == PNG + bytes([2])
    drawn = await api.get(f"/tests/{job['id']}/images/2/rendered")
    assert "night 0.75" in "".join(ElementTree.fromstring(drawn.body).itertext())
    refused = await api.get(f"/tests/{job['id']}/result")
    assert (refused.status, refused.json["code"]) == (409, "quick_check_not_scored")
    flips = await api.get(f"/comparisons/flips?base={job['id']}&test={job['id']}")
    assert (flips.status, flips.json["code"]) == (422, "quick_check_not_compared")


async def test_of_two_images_of_one_name_the_one_that_was_tested_is_shown(api, tmp_path):
    with PackWriter(tmp_path / "p.zip") as writer:
        for number in range(2):
            writer.add(PNG + bytes([number]), name="0001.png", suffix="png", width=64, height=48, labels={})
        writer.finish((PackTask("light", ("day", "night")),))
    dataset, _ = await version(api, (tmp_path / "p.zip").read_bytes())
    second = hashlib.sha256(PNG + b"\x01").digest()
    left = results(["0001.png"], digests=[second], classified=(classified([0], [0], ("day", "night"), "light"),))
    test = await completed(api, dataset, encode(left))
    assert (await api.get(f"/tests/{test}/images/0/image")).body == PNG + b"\x01"
