"""One multipart upload of S3: parts that are sent, or copied from objects that are there, and become one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from storage.objects.port import ObjectTooLargeError
from storage.objects.s3_bucket import TROUBLE, said, together

PART_BYTES = 8 << 20
"""What is kept in memory of one upload. S3 wants at least 5 MiB a part, and takes 10,000 of them."""
PARTS_MAX = 10_000


class Multipart:
    """Begun with the first part, whole after `complete`."""

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
        with said():
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

    async def join(self, sources: Sequence[Mapping[str, str]]) -> None:
        """Take whole objects as the parts, in this order, several of them copied at the same time."""
        await self._next()

        async def one(number: int, source: Mapping[str, str]) -> dict[str, Any]:
            answer = await self._client.upload_part_copy(
                **self._where, UploadId=self._id, PartNumber=number, CopySource=source
            )
            return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

        self._parts = await together(partial(one, number, source) for number, source in enumerate(sources, 1))

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
        with suppress(*TROUBLE):
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
