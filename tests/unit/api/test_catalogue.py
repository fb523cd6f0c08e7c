"""Packages that the operator keeps ready: listed, and kept as objects that a scan can name."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec

from api.deps import DEPS
from storage.dataocean.folder import FolderCatalogue


def stocked(api: Any, folder: Path) -> None:
    """The API, with a folder that has one package."""
    (folder / "ocean" / "animals" / "cat").mkdir(parents=True)
    (folder / "ocean" / "animals" / "cat" / "a.jpg").write_bytes(b"a")
    api.app._state[DEPS] = msgspec.structs.replace(api.deps, catalogue=FolderCatalogue(folder / "ocean"))


async def test_an_item_becomes_an_object_as_if_it_had_been_uploaded(api, tmp_path):
    stocked(api, tmp_path)
    (item,) = (await api.get("/catalogue")).json["items"]
    assert (item["name"], item["kind"]) == ("animals", "folder")
    kept = await api.post(f"/catalogue/{item['id']}/object")
    assert kept.status == 201, kept.body
    data = (await api.get(f"/objects/{kept.json['digest']}")).body
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["cat/a.jpg"]
    assert (await api.post("/dataset-scans", {"digest": kept.json["digest"]})).status == 201
    assert (await api.post(f"/catalogue/{item['id']}/object")).json == kept.json, "the same folder, the same object"


async def test_what_is_not_there_is_refused(api, tmp_path):
    assert (await api.get("/catalogue")).json["code"] == "catalogue_not_set"
    stocked(api, tmp_path)
    answer = await api.post(f"/catalogue/{uuid4()}/object")
    assert (answer.status, answer.json["code"]) == (404, "catalogue_item_unknown")
    assert (await api.post("/catalogue/..%2f..%2fetc/object")).status == 404
    (tmp_path / "ocean").rename(tmp_path / "away")
    answer = await api.get("/catalogue")
    assert (answer.status, answer.json["code"]) == (503, "catalogue_away")


async def test_who_asks_again_joins_the_copying_that_goes_on(api):
    class Slow:
        """One item, counted as often as it is read."""

        read = 0

        async def content(self, _id: UUID) -> AsyncIterator[bytes]:
            self.read += 1
            for piece in (b"a", b"b"):
                await asyncio.sleep(0.1)
                yield piece

    slow, id_ = Slow(), uuid4()
    api.app._state[DEPS] = msgspec.structs.replace(api.deps, catalogue=slow)
    answers = await asyncio.gather(*(api.post(f"/catalogue/{id_}/object") for _ in range(3)))
    assert [answer.status for answer in answers] == [201] * 3
    assert ({answer.json["size_bytes"] for answer in answers}, slow.read) == ({2}, 1)
    await api.post(f"/catalogue/{id_}/object")
    assert slow.read == 2, "what was copied before may be another one now"
