"""One suite for every catalogue: a folder, and a prefix of a bucket on a server of S3's protocol."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from s3_servers import Bucket, Server, credentials

from storage.dataocean.folder import FolderCatalogue
from storage.dataocean.port import Catalogue, CatalogueError, ItemUnknownError, item_id
from storage.dataocean.s3 import S3Catalogue

FILES = {"animals/a.jpg": b"a" * 3_000_000, "animals/deep/b.jpg": b"b", "cars.zip": b"PK-cars", "notes.txt": b"-"}


def folder(root: Path) -> FolderCatalogue:
    """These files below a folder."""
    for name, data in FILES.items():
        path = root / "ocean" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return FolderCatalogue(root / "ocean")


def prefix(bucket: Bucket) -> S3Catalogue:
    """The same below a prefix of a bucket, beside things that are none of ours."""
    for name, data in FILES.items():
        bucket.s3.put_object(Bucket=bucket.name, Key=f"team/ocean/{name}", Body=data)
    bucket.s3.put_object(Bucket=bucket.name, Key="team/other.zip", Body=b"-")
    return S3Catalogue(bucket.name, "team/ocean", endpoint=bucket.server.url)


@pytest.fixture(params=["folder", "moto_server", pytest.param("signed_server", marks=pytest.mark.bars)])
async def catalogue(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Catalogue]:
    made: Catalogue
    if request.param == "folder":
        made = folder(tmp_path)
    else:
        credentials(monkeypatch)
        made = prefix(Bucket(request.getfixturevalue(request.param)))
    yield made
    await made.close()


async def content(catalogue: Catalogue, name: str) -> bytes:
    return b"".join([chunk async for chunk in catalogue.content(item_id(name))])


async def test_folders_and_zips_are_packages(catalogue: Catalogue) -> None:
    items = await catalogue.items()
    assert [(item.name, item.kind, item.size_bytes) for item in items] == [
        ("animals", "folder", None),
        ("cars.zip", "zip", 7),
    ]
    assert [item.id for item in await catalogue.items()] == [item.id for item in items]


async def test_a_zip_comes_as_it_is_and_a_folder_as_the_same_zip_every_time(catalogue: Catalogue) -> None:
    assert await content(catalogue, "cars.zip") == b"PK-cars"
    data = await content(catalogue, "animals")
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert {name: archive.read(name) for name in archive.namelist()} == {
        "a.jpg": FILES["animals/a.jpg"],
        "deep/b.jpg": b"b",
    }
    assert data == await content(catalogue, "animals")


async def test_what_is_not_listed_is_not_there(catalogue: Catalogue) -> None:
    for name in ("notes.txt", "../ocean", "animals/a.jpg", "/etc", ""):
        with pytest.raises(ItemUnknownError):
            await content(catalogue, name)
    with pytest.raises(ItemUnknownError):
        [chunk async for chunk in catalogue.content(uuid4())]


async def test_a_bucket_that_is_not_there_is_said(moto_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials(monkeypatch)
    made = S3Catalogue("no-such-bucket", endpoint=moto_server.url)
    with pytest.raises(CatalogueError, match="bucket"):
        await made.items()
    await made.close()
