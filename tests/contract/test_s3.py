"""What only S3 can do wrong: parts, copies, credentials, links, buckets that are not there."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from s3_servers import Bucket, credentials

from storage.objects import s3, s3_bucket
from storage.objects.port import ObjectTooLargeError, StoreAwayError
from storage.objects.s3 import S3Objects

BYTES_MAX = 64 << 20
LARGE = os.urandom(1 << 20) * 17
NAME = hashlib.sha256(LARGE).hexdigest()


async def chunks(data: bytes, size: int = 300_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.fixture
async def objects(bucket: Bucket) -> AsyncIterator[S3Objects]:
    objects = bucket.objects()
    yield objects
    await objects.close()


async def test_parts_become_one_object_and_nothing_stays_beside_it(objects, bucket):
    for _ in range(2):
        stored = await objects.put(chunks(LARGE), size_max_bytes=BYTES_MAX)
        assert (stored.digest, stored.size_bytes) == (f"sha256:{NAME}", len(LARGE))
        assert bucket.names() == [NAME]
    assert b"".join([each async for each in objects.get(stored.digest)]) == LARGE


async def test_an_object_too_large_for_one_copy_is_copied_in_parts(objects, bucket, monkeypatch):
    monkeypatch.setattr(s3, "COPY_BYTES_MAX", 6 << 20)
    stored = await objects.put(chunks(LARGE), size_max_bytes=BYTES_MAX)
    assert bucket.names() == [NAME]
    assert b"".join([each async for each in objects.get(stored.digest)]) == LARGE


async def test_more_than_the_limit_ends_the_upload_and_leaves_no_part(objects, bucket):
    with pytest.raises(ObjectTooLargeError):
        await objects.put(chunks(LARGE), size_max_bytes=len(LARGE) - 1)
    assert bucket.names() == []


async def test_a_cancelled_upload_leaves_no_part(objects, bucket):
    sent = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield LARGE
        sent.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(objects.put(stuck(), size_max_bytes=BYTES_MAX))
    await sent.wait()
    assert len(bucket.names()) == 1
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert bucket.names() == []


async def test_many_at_once_put_the_same(objects, bucket):
    await asyncio.gather(*(objects.put(chunks(LARGE), size_max_bytes=BYTES_MAX) for _ in range(4)))
    assert bucket.names() == [NAME]


async def test_a_link_gives_the_bytes_to_somebody_without_keys(objects, bucket):
    stored = await objects.put(chunks(LARGE), size_max_bytes=BYTES_MAX)
    link = await objects.link(stored.digest, expires_s=60)
    async with aiohttp.ClientSession() as session:
        async with session.get(link, headers={"Range": "bytes=1-9"}) as answer:
            assert (answer.status, await answer.read()) == (206, LARGE[1:10])
        async with session.get(link) as answer:
            assert await answer.read() == LARGE
    assert await S3Objects(bucket.name, links=False).link(stored.digest, expires_s=60) is None


async def test_a_bucket_is_looked_for_and_made_only_when_asked(bucket):
    assert (
        await using(S3Objects(bucket.name, endpoint=bucket.server.url), lambda it: it.prepare(make=False)) == "present"
    )
    new = S3Objects(f"{bucket.name}-new", endpoint=bucket.server.url)
    assert await new.prepare(make=False) == "missing"
    with pytest.raises(StoreAwayError, match="mo provision"):
        await new.put(chunks(b"x"), size_max_bytes=10)
    assert await new.prepare(make=True) == "made"
    assert await using(new, lambda it: it.prepare(make=False)) == "present"


async def test_a_store_that_is_away_is_said(monkeypatch):
    credentials(monkeypatch)
    monkeypatch.setattr(s3_bucket, "ATTEMPTS_MAX", 1)
    with pytest.raises(StoreAwayError, match="does not answer"):
        await using(
            S3Objects("nowhere", endpoint="http://127.0.0.1:9"), lambda it: it.put(chunks(b"x"), size_max_bytes=10)
        )


@pytest.mark.parametrize("bucket", [pytest.param("signed_server", marks=pytest.mark.bars)], indirect=True)
@pytest.mark.parametrize("size_bytes", [10, len(LARGE)])
async def test_wrong_credentials_are_refused(bucket, monkeypatch, size_bytes):
    credentials(monkeypatch, secret="not the secret")
    with pytest.raises(StoreAwayError, match="refuses our credentials"):
        await using(bucket.objects(), lambda it: it.put(chunks(LARGE[:size_bytes]), size_max_bytes=BYTES_MAX))
    assert bucket.names() == []


async def using(objects: S3Objects, work: Callable[[S3Objects], Awaitable[object]]) -> object:
    try:
        return await work(objects)
    finally:
        await objects.close()
