"""What is in a dataset's version: images by page and filter, originals, pictures that run nothing, figures, ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest

from api.packs import OpenPacks
from schemas.events import DatasetImported
from schemas.values import ObjectRef
from storage.datasets.pack import Box, DroppedRecord, PackTask, PackWriter

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
EVIL = '"/><script>alert(1)</script><image href="http://elsewhere/x"/>'


def pack(path: Path, images: int = 7) -> bytes:
    """Boxes of two classes, an attribute, a label that is none of HTML's business, and two dropped records."""
    with PackWriter(path) as writer:
        for number in range(images):
            box = Box(label="car" if number % 2 else EVIL, x=1.5, y=2, width=10, height=8, difficult=number == 2)
            writer.add(
                PNG + bytes([number]), name=f"shots/{number}.png", suffix="png", width=64, height=48, labels={},
                boxes=(box,), attributes={"time": "night" if number > 4 else "day"},
            )  # fmt: skip
        writer.drop(DroppedRecord(name="a.png", code="image_broken"))
        value = {"task": "class", "key": "boxes", "value": "cow"}
        writer.drop(DroppedRecord(name="b.png", code="value_outside_classes", params=value))
        writer.finish((PackTask("class", ("car", EVIL)),), "detection")
    return path.read_bytes()


async def version(api: Any, data: bytes, dataset: UUID | None = None) -> tuple[UUID, str]:
    """A dataset's version with this pack; the dataset, and the job that made it."""
    api.later(60)
    wish = {"digest": await api.upload(b"zip")}
    path = "/datasets" if dataset is None else f"/datasets/{dataset}/versions"
    answer = await api.post(path, wish if dataset else {"name": "cars", **wish})
    assert answer.status == 201, answer.body
    id_ = UUID(answer.json["subject_id"])
    stored = ObjectRef(await api.upload(data), len(data))
    await api.finished(answer.json, DatasetImported, dataset_id=id_, pack=stored, images=7, classes=2)
    return id_, answer.json["id"]


async def test_images_come_by_pages_and_filters(api, tmp_path):
    id_, _ = await version(api, pack(tmp_path / "p.zip"))
    first = (await api.get(f"/datasets/{id_}/records?limit=3")).json
    assert ([each["number"] for each in first["items"]], first["next"]) == ([0, 1, 2], "3")
    last = (await api.get(f"/datasets/{id_}/records?limit=3&cursor=6")).json
    assert ([each["name"] for each in last["items"]], last["next"]) == (["shots/6.png"], None)
    for query, numbers in (
        ("class=car", [1, 3, 5]),
        ("attribute=time=night", [5, 6]),
        ("search=SHOTS/4", [4]),
        ("class=car&attribute=time=night", [5]),
        ("class=cow", []),
    ):
        found = (await api.get(f"/datasets/{id_}/records?{query}")).json
        assert ([each["number"] for each in found["items"]], found["next"]) == (numbers, None)


async def test_an_image_is_shown_as_it_came_and_with_what_is_said_of_it(api, tmp_path):
    id_, _ = await version(api, pack(tmp_path / "p.zip"))
    record = (await api.get(f"/datasets/{id_}/records/1")).json
    assert (record["name"], record["width"], record["boxes"][0]["label"]) == ("shots/1.png", 64, "car")
    image = await api.get(f"/datasets/{id_}/records/1/image")
    assert (image.body, image.headers["Content-Type"]) == (PNG + b"\x01", "image/png")
    picture = await api.get(f"/datasets/{id_}/records/1/rendered")
    svg = ElementTree.fromstring(picture.body)
    assert (svg.get("viewBox"), svg.get("width"), svg.get("height")) == ("0 0 64 48", "320", "240"), "small: five times"
    (box,) = svg.iter("{http://www.w3.org/2000/svg}rect")
    assert [float(box.get(name, "")) for name in ("x", "y", "width", "height")] == [1.5, 2, 10, 8]
    assert "car" in picture.body.decode()


async def test_pictures_run_nothing_whatever_their_labels_say(api, tmp_path):
    id_, _ = await version(api, pack(tmp_path / "p.zip"))
    picture = await api.get(f"/datasets/{id_}/records/0/rendered")
    svg = ElementTree.fromstring(picture.body)
    names = {each.tag.rpartition("}")[2] for each in svg.iter()}
    assert names == {"svg", "image", "g", "rect", "text"}
    (image,) = [each for each in svg.iter() if each.tag.endswith("}image")]
    assert image.get("href", "").startswith("data:image/png;base64,")
    assert EVIL in [each.text for each in svg.iter()]
    for path in ("image", "rendered"):
        headers = (await api.get(f"/datasets/{id_}/records/0/{path}")).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "sandbox" in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]


async def test_figures_and_the_ledger(api, tmp_path):
    id_, job = await version(api, pack(tmp_path / "p.zip"))
    shown = (await api.get(f"/datasets/{id_}/figures")).json
    assert (shown["job_id"], shown["figures"]["images"]) == (job, 7)
    assert shown["figures"]["histograms"]["classes"]["class"]["car"] == 3
    assert shown["figures"]["dimensions"] == {"time": {"day": 5, "night": 2}}
    ledger = (await api.get(f"/datasets/{id_}/dropped")).json["items"]
    assert [(each["name"], each["code"]) for each in ledger] == [
        ("a.png", "image_broken"),
        ("b.png", "value_outside_classes"),
    ]
    assert "cow" in ledger[1]["message"]
    (one,) = (await api.get(f"/datasets/{id_}/dropped?code=image_broken")).json["items"]
    assert one["name"] == "a.png"


async def test_a_version_is_named_by_its_job_and_the_newest_one_is_taken_without(api, tmp_path):
    data = pack(tmp_path / "p.zip")
    id_, first = await version(api, data)
    _, second = await version(api, pack(tmp_path / "q.zip", 2), id_)
    assert (await api.get(f"/datasets/{id_}/figures")).json["job_id"] == second
    assert (await api.get(f"/datasets/{id_}/figures?version={first}")).json["figures"]["images"] == 7
    whole = await api.get(f"/datasets/{id_}/file?version={first}")
    assert (whole.body, "cars.zip" in whole.headers["Content-Disposition"]) == (data, True)
    assert (await api.get(f"/datasets/{id_}/figures?version={uuid4()}")).status == 422


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("records/7", 404, "record_unknown"),
        ("records/999999999999", 404, "record_unknown"),
        ("records/-1/image", 404, "record_unknown"),
        ("records/x/rendered", 404, "record_unknown"),
        ("records?cursor=x", 400, "query_invalid"),
        ("records?attribute=night", 400, "query_invalid"),
        ("dropped?unknown=1", 400, "query_unknown"),
    ],
)
async def test_what_is_not_there_is_refused(api, tmp_path, path, status, code):
    id_, _ = await version(api, pack(tmp_path / "p.zip"))
    answer = await api.get(f"/datasets/{id_}/{path}")
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_a_pack_that_is_none_or_whose_image_is_another_is_refused(api, tmp_path):
    data = pack(tmp_path / "p.zip")
    for broken in (b"zip", data[:-30], data.replace(b"records.jsonl", b"recordsXjsonl")):
        id_, _ = await version(api, broken, None if broken == b"zip" else id_)  # noqa: F821 - the loop's own
        answer = await api.get(f"/datasets/{id_}/records")
        assert (answer.status, answer.json["code"]) == (409, "pack_unreadable")
    id_, _ = await version(api, data.replace(PNG + b"\x03", PNG + b"\x09"), id_)
    assert (await api.get(f"/datasets/{id_}/records/2/image")).status == 200
    assert (await api.get(f"/datasets/{id_}/records/3/image")).json["code"] == "pack_unreadable"


async def test_tables_are_read_once_by_ranges_and_forgotten_by_bytes(tmp_path):
    class Objects:
        """Counts what is read."""

        def __init__(self, data: bytes) -> None:
            self.data, self.bytes = data, 0

        async def get(self, _digest: str, *, start: int = 0, stop: int | None = None) -> Any:
            self.bytes += (stop or 0) - start
            yield self.data[start:stop]

    with PackWriter(tmp_path / "p.zip") as writer:
        for number in range(30):
            writer.add(bytes(100_000), name=f"{number}.png", suffix="png", width=1, height=1, labels={"class": "a"})
        writer.finish((PackTask("class", ("a",)),))
    objects = Objects((tmp_path / "p.zip").read_bytes())
    one, two = (ObjectRef(f"sha256:{letter * 64}", len(objects.data)) for letter in "ab")
    shelf = OpenPacks()
    tables = await shelf.tables(objects, one)
    assert await shelf.tables(objects, one) is tables
    assert objects.bytes < len(objects.data) / 10, "never the images"
    small = OpenPacks(tables.size_bytes + 10)
    first = await small.tables(objects, one)
    await small.tables(objects, two)
    assert await small.tables(objects, one) is not first, "the older one made room"
