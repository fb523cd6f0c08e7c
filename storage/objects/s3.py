"""Objects in an S3 bucket, named by digest: streamed in parts, renamed by copies on the server, linked for agents."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from botocore.exceptions import BotoCoreError, ClientError

from storage.objects.names import hex_of
from storage.objects.port import (
    CHUNK_BYTES,
    ObjectDamagedError,
    ObjectError,
    ObjectMissingError,
    ObjectTooLargeError,
    StoreAwayError,
    Stored,
    StoreFullError,
)

PART_BYTES = 8 << 20
"""What is kept in memory of one upload. S3 wants at least 5 MiB a part, and takes 10,000 of them."""
PARTS_MAX = 10_000
COPY_BYTES_MAX = 5 << 30
"""The most that S3 copies in one request."""
LEFTOVER_AGE_S_MAX = 24 * 3600.0
"""An upload that was begun so long ago and not finished belongs to a process that died."""
CONNECT_S_MAX = 10.0
ANSWER_S_MAX = 60.0
ATTEMPTS_MAX = 4
CONNECTIONS_MAX = 32
_MISSING = frozenset({"NoSuchKey", "NotFound", "404"})
_FULL = frozenset({"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "507"})
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_TROUBLE = (ClientError, BotoCoreError, OSError)


class S3Objects:
    """See `ObjectStore`. Objects lie at `<prefix>/sha256/ab/cd/<hex>`, and beside them, while they come, at `incoming`.

    Credentials and region are those that the AWS tools use (AWS_ACCESS_KEY_ID, ..., profiles, instance roles).
    `endpoint` is empty for AWS itself. `links` says whether agents may fetch objects from the bucket by themselves.
    """

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str = "", links: bool = True) -> None:
        self._bucket = bucket
        self._root = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._endpoint = endpoint or None
        self._links = links
        self._stack = AsyncExitStack()
        self._client: Any = None
        self._opening = asyncio.Lock()
        self._swept = False

    async def put(self, chunks: AsyncIterator[bytes], *, size_max_bytes: int) -> Stored:
        client = await self._opened()
        await self._sweep()
        upload = _Upload(client, self._bucket, f"{self._root}incoming/{uuid4().hex}")
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
            with _said():
                if upload.begun:
                    if held:
                        await upload.send(bytes(held))
                    await upload.complete()
                    await self._rename(upload.key, digest, size_bytes)
                else:
                    await self._put_small(bytes(held), digest)
        finally:
            # shielded: what is half there costs money until it goes, also when this task is being cancelled
            await asyncio.shield(upload.abort())
        return Stored(digest, size_bytes)

    async def size(self, digest: str) -> int:
        key = self._key(digest)
        client = await self._opened()
        with _said(digest):
            return int((await client.head_object(Bucket=self._bucket, Key=key))["ContentLength"])

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
        client = await self._opened()
        wanted = {"Bucket": self._bucket, "Key": self._key(digest)}
        return str(await client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=int(expires_s)))

    async def close(self) -> None:
        await self._stack.aclose()
        self._client = None

    async def prepare(self, *, make: bool) -> str:
        """Look whether the bucket is there and ours, and make it if it is missing and `make` is set.

        Returns what was found: `present`, `made` or `missing`.

        Raises:
            StoreAwayError: no answer, or the credentials are refused.
        """
        client = await self._opened()
        with _said():
            try:
                await client.head_bucket(Bucket=self._bucket)
            except ClientError as error:
                if _code(error) not in {*_MISSING, "NoSuchBucket"}:
                    raise
                if not make:
                    return "missing"
                region = client.meta.region_name
                where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
                await client.create_bucket(Bucket=self._bucket, **where)
                return "made"
            return "present"

    async def _opened(self) -> Any:
        async with self._opening:
            if self._client is None:
                with _said():
                    self._client = await self._stack.enter_async_context(
                        aioboto3.Session().client("s3", endpoint_url=self._endpoint, config=_config(self._endpoint))
                    )
            return self._client

    def _key(self, digest: str) -> str:
        name = hex_of(digest)
        return f"{self._root}sha256/{name[:2]}/{name[2:4]}/{name}"

    async def _sweep(self) -> None:
        """Remove, once, what dead processes left behind; a key that may not list only leaves it there."""
        if self._swept:
            return
        self._swept = True
        oldest, incoming = datetime.now(UTC) - timedelta(seconds=LEFTOVER_AGE_S_MAX), f"{self._root}incoming/"
        where = {"Bucket": self._bucket, "Prefix": incoming}
        with suppress(*_TROUBLE):
            for each in (await self._client.list_multipart_uploads(**where)).get("Uploads", ()):
                if each["Initiated"] < oldest:
                    await self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=each["Key"], UploadId=each["UploadId"]
                    )
            for each in (await self._client.list_objects_v2(**where)).get("Contents", ()):
                if each["LastModified"] < oldest:
                    await self._client.delete_object(Bucket=self._bucket, Key=each["Key"])

    async def _chunks(self, digest: str, part: Mapping[str, str]) -> AsyncIterator[bytes]:
        key = self._key(digest)
        client = await self._opened()
        with _said(digest):
            answer = await client.get_object(Bucket=self._bucket, Key=key, **part)
            async with answer["Body"] as response:
                async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                    yield chunk

    async def _put_small(self, data: bytes, digest: str) -> None:
        wanted = {"Bucket": self._bucket, "Key": self._key(digest), "Body": data}
        try:
            await self._client.put_object(**wanted, IfNoneMatch="*")
        except ClientError as error:
            if _code(error) not in _TAKEN:
                raise
            if not await self._has(digest, len(data)):
                # what lies there is not what its name says: equal bytes in its place heal it
                await self._client.put_object(**wanted)

    async def _rename(self, key: str, digest: str, size_bytes: int) -> None:
        """Give the uploaded object its name, by copies on the server: S3 knows no rename."""
        if await self._has(digest, size_bytes):
            return
        source = {"Bucket": self._bucket, "Key": key}
        target = {"Bucket": self._bucket, "Key": self._key(digest)}
        if size_bytes <= COPY_BYTES_MAX:
            await self._client.copy_object(**target, CopySource=source)
            return
        upload = _Upload(self._client, self._bucket, target["Key"])
        try:
            for start in range(0, size_bytes, COPY_BYTES_MAX):
                await upload.copy(source, start, min(start + COPY_BYTES_MAX, size_bytes))
            await upload.complete()
        except BaseException:
            await asyncio.shield(upload.abort())
            raise

    async def _has(self, digest: str, size_bytes: int) -> bool:
        try:
            return await self.size(digest) == size_bytes
        except ObjectMissingError:
            return False


class _Upload:
    """One multipart upload: begun with the first part, whole after `complete`."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self.key = key
        self._client = client
        self._where = {"Bucket": bucket, "Key": key}
        self._id = ""
        self._parts: list[dict[str, Any]] = []
        self._completed = False

    @property
    def begun(self) -> bool:
        """Whether anything was sent."""
        return bool(self._id)

    async def send(self, data: bytes) -> None:
        """Send the next part."""
        with _said():
            number = await self._next()
            answer = await self._client.upload_part(**self._where, UploadId=self._id, PartNumber=number, Body=data)
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    async def copy(self, source: Mapping[str, str], start: int, stop: int) -> None:
        """Take the next part from another object."""
        number = await self._next()
        answer = await self._client.upload_part_copy(
            **self._where,
            UploadId=self._id,
            PartNumber=number,
            CopySource=source,
            CopySourceRange=f"bytes={start}-{stop - 1}",
        )
        self._parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})

    async def complete(self) -> None:
        """Let the parts be one object."""
        await self._client.complete_multipart_upload(
            **self._where, UploadId=self._id, MultipartUpload={"Parts": self._parts}
        )
        self._completed = True

    async def abort(self) -> None:
        """Remove the parts, or the object that they became; what cannot be removed now is swept later."""
        if not self.begun:
            return
        with suppress(*_TROUBLE):
            if self._completed:
                await self._client.delete_object(**self._where)
            else:
                await self._client.abort_multipart_upload(**self._where, UploadId=self._id)

    async def _next(self) -> int:
        if not self.begun:
            self._id = (await self._client.create_multipart_upload(**self._where))["UploadId"]
        if len(self._parts) >= PARTS_MAX:
            raise ObjectTooLargeError(f"S3 takes {PARTS_MAX} parts of {PART_BYTES} bytes; nothing was kept")
        return len(self._parts) + 1


def _config(endpoint: str | None) -> AioConfig:
    return AioConfig(
        signature_version="s3v4",
        connect_timeout=CONNECT_S_MAX,
        read_timeout=ANSWER_S_MAX,
        max_pool_connections=CONNECTIONS_MAX,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
        # other makers' servers know neither names of buckets as hosts nor the newest checksum headers
        s3={"addressing_style": "path"} if endpoint else {},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _said(digest: str = "") -> Iterator[None]:
    """What S3 and the way to it say, in the port's words."""
    try:
        yield
    except ClientError as error:
        raise _meaning(error, digest) from error
    except (BotoCoreError, OSError, aiohttp.ClientError, TimeoutError) as error:
        raise StoreAwayError(f"the object store does not answer ({error}): try again later") from error


def _meaning(error: ClientError, digest: str) -> ObjectError:
    code, status = _code(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _MISSING and digest:
        return ObjectMissingError(f"no object has the digest {digest}: upload it first")
    if code in _FULL or status == HTTPStatus.INSUFFICIENT_STORAGE:
        return StoreFullError("the object store has no space left: make room in the bucket")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return StoreAwayError(
            f"the object store refuses our credentials ({code}): correct AWS_ACCESS_KEY_ID and the rest"
        )
    return StoreAwayError(f"the object store answers {status} {code}: `mo provision --check` says what is wrong")
