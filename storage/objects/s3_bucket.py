"""A bucket as adapters speak with it: one client, opened when needed, keys, and S3's errors in the port's words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from botocore.exceptions import BotoCoreError, ClientError

from storage.objects.names import hex_of
from storage.objects.port import CHUNK_BYTES, ObjectError, ObjectMissingError, StoreAwayError, StoreFullError

CONNECT_S_MAX = 10.0
ANSWER_S_MAX = 60.0
ATTEMPTS_MAX = 4
CONNECTIONS_MAX = 32
AT_ONCE_MAX = 8
"""Copies or deletions of one upload under way at the same time."""
TROUBLE = (ClientError, BotoCoreError, OSError)
MISSING = frozenset({"NoSuchKey", "NotFound", "404"})
_FULL = frozenset({"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "507"})
T = TypeVar("T")
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class S3Bucket:
    """One bucket, and the prefix in it that is ours. `endpoint` is empty for AWS itself."""

    def __init__(self, name: str, prefix: str, endpoint: str) -> None:
        self.name = name
        self.root = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._endpoint = endpoint or None
        self._stack = AsyncExitStack()
        self._client: Any = None
        self._opening = asyncio.Lock()

    async def client(self) -> Any:
        """The client of the library below."""
        async with self._opening:
            if self._client is None:
                with said():
                    self._client = await self._stack.enter_async_context(
                        aioboto3.Session().client("s3", endpoint_url=self._endpoint, config=_config(self._endpoint))
                    )
            return self._client

    async def close(self) -> None:
        """Let go of the connections."""
        await self._stack.aclose()
        self._client = None

    def key(self, digest: str) -> str:
        """Where the object of that digest lies; raises as `hex_of`."""
        name = hex_of(digest)
        return f"{self.root}sha256/{name[:2]}/{name[2:4]}/{name}"

    async def size(self, digest: str) -> int:
        """Bytes of the object; raises as `ObjectStore.size`."""
        where = {"Bucket": self.name, "Key": self.key(digest)}
        client = await self.client()
        with said(digest):
            return int((await client.head_object(**where))["ContentLength"])

    async def has(self, digest: str, size_bytes: int) -> bool:
        """Whether an object of that digest and length is there."""
        try:
            return await self.size(digest) == size_bytes
        except ObjectMissingError:
            return False

    async def put_small(self, data: bytes, digest: str) -> None:
        """Keep an object that came whole, unless it is there."""
        if not await self.put_new(self.key(digest), data) and not await self.has(digest, len(data)):
            # what lies there is not what its name says: equal bytes in its place heal it
            await (await self.client()).put_object(Bucket=self.name, Key=self.key(digest), Body=data)

    async def put_new(self, key: str, data: bytes) -> bool:
        """Put bytes where nothing is; False if something is there."""
        try:
            await (await self.client()).put_object(Bucket=self.name, Key=key, Body=data, IfNoneMatch="*")
        except ClientError as error:
            if code_of(error) not in _TAKEN:
                raise
            return False
        return True

    async def chunks(self, key: str, part: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The bytes at a key, or the `Range` of them."""
        answer = await (await self.client()).get_object(Bucket=self.name, Key=key, **part)
        async with answer["Body"] as response:
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                yield chunk


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


async def together(works: Iterable[Callable[[], Awaitable[T]]]) -> list[T]:
    """The results of the works in their order, `AT_ONCE_MAX` at the same time; the first failure ends the others."""
    gate = asyncio.Semaphore(AT_ONCE_MAX)

    async def one(work: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await work()

    tasks = [asyncio.create_task(one(work)) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def code_of(error: ClientError) -> str:
    """S3's own word for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def said(digest: str = "") -> Iterator[None]:
    """What S3 and the way to it say, in the port's words; of `digest` where something is missing."""
    try:
        yield
    except ClientError as error:
        raise _meaning(error, digest) from error
    except (BotoCoreError, OSError, aiohttp.ClientError, TimeoutError) as error:
        raise StoreAwayError(f"the object store does not answer ({error}): try again later") from error


def _meaning(error: ClientError, digest: str) -> ObjectError:
    code, status = code_of(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in MISSING and digest:
        return ObjectMissingError(f"no object has the digest {digest}: upload it first")
    if code in _FULL or status == HTTPStatus.INSUFFICIENT_STORAGE:
        return StoreFullError("the object store has no space left: make room in the bucket")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return StoreAwayError(
            f"the object store refuses our credentials ({code}): correct AWS_ACCESS_KEY_ID and the rest"
        )
    return StoreAwayError(f"the object store answers {status} {code}: `mo provision --check` says what is wrong")
