"""Objects in an S3 bucket, named by digest: streamed in parts, renamed by copies on the server, linked for agents."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from botocore.exceptions import ClientError

from storage.objects.port import ObjectDamagedError, ObjectTooLargeError, Stored, Uploads
from storage.objects.s3_bucket import MISSING, TROUBLE, S3Bucket, code_of, said
from storage.objects.s3_multipart import PART_BYTES, Multipart
from storage.objects.s3_uploads import S3Uploads

COPY_BYTES_MAX = 5 << 30
"""The most that S3 copies in one request."""
LEFTOVER_AGE_S_MAX = 24 * 3600.0
"""An upload that was begun so long ago and not finished belongs to a process that died."""


class S3Objects:
    """See `UploadStore`. Objects lie at `<prefix>/sha256/ab/cd/<hex>`, beside them, while they come, at `incoming`.

    Credentials and region are those that the AWS tools use (AWS_ACCESS_KEY_ID, ..., profiles, instance roles).
    `endpoint` is empty for AWS itself. `links` says whether agents may fetch objects from the bucket by themselves.
    """

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str = "", links: bool = True) -> None:
        self._bucket = S3Bucket(bucket, prefix, endpoint)
        self._uploads = S3Uploads(self._bucket)
        self._links = links
        self._swept = False

    @property
    def uploads(self) -> Uploads:
        return self._uploads

    async def put(self, chunks: AsyncIterator[bytes], *, size_max_bytes: int) -> Stored:
        client = await self._bucket.client()
        await self._sweep()
        upload = Multipart(client, self._bucket.name, f"{self._bucket.root}incoming/{uuid4().hex}")
        running = hashlib.sha256()
        size_bytes = 0
        held = bytearray()
        try:
            async for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > size_max_bytes:
                    raise ObjectTooLargeError(f"more than {size_max_bytes} bytes came in; nothing was kept")
                await asyncio.to_thread(running.update, chunk)
                held += chunk
                while len(held) >= PART_BYTES:
                    await upload.send(bytes(held[:PART_BYTES]))
                    del held[:PART_BYTES]
            digest = f"sha256:{running.hexdigest()}"
            with said():
                if upload.begun:
                    if held:
                        await upload.send(bytes(held))
                    await upload.complete()
                    await self._rename(upload.key, digest, size_bytes)
                else:
                    await self._bucket.put_small(bytes(held), digest)
        finally:
            # shielded: what is half there costs money until it goes, also when this task is being cancelled
            await asyncio.shield(upload.abort())
        return Stored(digest, size_bytes)

    async def size(self, digest: str) -> int:
        return await self._bucket.size(digest)

    async def get(self, digest: str, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        if start or stop is not None:
            size_bytes = await self.size(digest)
            stop = size_bytes if stop is None else min(stop, size_bytes)
            if stop <= start:
                return
            whole = (start, stop) == (0, size_bytes)
        else:
            whole = True
        running = hashlib.sha256()
        async for chunk in self._chunks(digest, {} if whole else {"Range": f"bytes={start}-{(stop or 0) - 1}"}):
            if whole:
                await asyncio.to_thread(running.update, chunk)
            yield chunk
        if whole and (found := f"sha256:{running.hexdigest()}") != digest:
            raise ObjectDamagedError(f"the bytes of {digest} have the digest {found}: store the object again")

    async def link(self, digest: str, *, expires_s: float) -> str | None:
        if not self._links:
            return None
        client = await self._bucket.client()
        wanted = {"Bucket": self._bucket.name, "Key": self._bucket.key(digest)}
        return str(await client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=int(expires_s)))

    async def close(self) -> None:
        await self._bucket.close()

    async def prepare(self, *, make: bool) -> str:
        """Look whether the bucket is there and ours, and make it if it is missing and `make` is set.

        Returns what was found: `present`, `made` or `missing`.

        Raises:
            StoreAwayError: no answer, or the credentials are refused.
        """
        client, bucket = await self._bucket.client(), self._bucket.name
        with said():
            try:
                await client.head_bucket(Bucket=bucket)
            except ClientError as error:
                if code_of(error) not in {*MISSING, "NoSuchBucket"}:
                    raise
                if not make:
                    return "missing"
                region = client.meta.region_name
                where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
                await client.create_bucket(Bucket=bucket, **where)
                return "made"
            return "present"

    async def _sweep(self) -> None:
        """Remove, once, what dead processes left behind; a key that may not list only leaves it there."""
        if self._swept:
            return
        self._swept = True
        client, bucket = await self._bucket.client(), self._bucket.name
        oldest, incoming = datetime.now(UTC) - timedelta(seconds=LEFTOVER_AGE_S_MAX), f"{self._bucket.root}incoming/"
        where = {"Bucket": bucket, "Prefix": incoming}
        with suppress(*TROUBLE):
            for each in (await client.list_multipart_uploads(**where)).get("Uploads", ()):
                if each["Initiated"] < oldest:
                    await client.abort_multipart_upload(Bucket=bucket, Key=each["Key"], UploadId=each["UploadId"])
            for each in (await client.list_objects_v2(**where)).get("Contents", ()):
                if each["LastModified"] < oldest:
                    await client.delete_object(Bucket=bucket, Key=each["Key"])

    async def _chunks(self, digest: str, part: Mapping[str, str]) -> AsyncIterator[bytes]:
        key = self._bucket.key(digest)
        with said(digest):
            async for chunk in self._bucket.chunks(key, part):
                yield chunk

    async def _rename(self, key: str, digest: str, size_bytes: int) -> None:
        """Give the uploaded object its name, by copies on the server: S3 knows no rename."""
        if await self._bucket.has(digest, size_bytes):
            return
        client, bucket = await self._bucket.client(), self._bucket.name
        source, target = {"Bucket": bucket, "Key": key}, self._bucket.key(digest)
        if size_bytes <= COPY_BYTES_MAX:
            await client.copy_object(Bucket=bucket, Key=target, CopySource=source)
            return
        upload = Multipart(client, bucket, target)
        try:
            for start in range(0, size_bytes, COPY_BYTES_MAX):
                await upload.copy(source, start, min(start + COPY_BYTES_MAX, size_bytes))
            await upload.complete()
        except BaseException:
            await asyncio.shield(upload.abort())
            raise
