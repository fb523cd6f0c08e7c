"""A catalogue that is a prefix of an S3 bucket: each folder and each zip right below it is a package."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from storage.dataocean.port import (
    FILES_MAX,
    ITEMS_MAX,
    NAME_CHARS_MAX,
    CatalogueError,
    Item,
    ItemTooLargeError,
    ItemUnknownError,
    item_id,
)
from storage.dataocean.zipped import File, zipped
from storage.objects.port import ObjectError
from storage.objects.s3_bucket import S3Bucket, said


class S3Catalogue:
    """See `Catalogue`. Credentials and endpoint are those of the object store."""

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str = "") -> None:
        self._bucket = S3Bucket(bucket, prefix, endpoint)

    async def items(self) -> list[Item]:
        found: list[Item] = []
        async for page in self._pages(self._bucket.root, delimiter="/"):
            for each in page.get("CommonPrefixes", ()):
                name = each["Prefix"].removeprefix(self._bucket.root).rstrip("/")
                found.append(Item(item_id(name), name, "folder", None, None))
            for each in page.get("Contents", ()):
                name = each["Key"].removeprefix(self._bucket.root)
                if name.lower().endswith(".zip"):
                    found.append(Item(item_id(name), name, "zip", int(each["Size"]), each["LastModified"]))
            if len(found) >= ITEMS_MAX:
                break
        shown = (item for item in found if 0 < len(item.name) <= NAME_CHARS_MAX and item.name.isprintable())
        return sorted(shown, key=lambda item: item.name)[:ITEMS_MAX]

    async def content(self, id_: UUID) -> AsyncIterator[bytes]:
        item = next((each for each in await self.items() if each.id == id_), None)
        if item is None:
            raise ItemUnknownError(f"no item has the id {id_}: list the catalogue again")
        key = f"{self._bucket.root}{item.name}"
        chunks = self._bytes(key) if item.kind == "zip" else zipped(self._files(f"{key}/"))
        async for chunk in chunks:
            yield chunk

    async def close(self) -> None:
        await self._bucket.close()

    async def _files(self, prefix: str) -> AsyncIterator[File]:
        count = 0
        async for page in self._pages(prefix):
            for each in page.get("Contents", ()):
                name = each["Key"].removeprefix(prefix)
                if not name or name.endswith("/"):
                    continue
                count += 1
                if count > FILES_MAX:
                    raise ItemTooLargeError(f"the prefix has more than {FILES_MAX} keys: divide it")
                yield File(name, self._bytes(each["Key"]))

    async def _bytes(self, key: str) -> AsyncIterator[bytes]:
        try:
            with said():
                async for chunk in self._bucket.chunks(key, {}):
                    yield chunk
        except ObjectError as error:
            raise CatalogueError(f"the catalogue's bucket: {error}") from error

    async def _pages(self, prefix: str, *, delimiter: str = "") -> AsyncIterator[dict[str, Any]]:
        asked: dict[str, Any] = {"Bucket": self._bucket.name, "Prefix": prefix}
        if delimiter:
            asked["Delimiter"] = delimiter
        while True:
            try:
                with said():
                    page = await (await self._bucket.client()).list_objects_v2(**asked)
            except ObjectError as error:
                raise CatalogueError(f"the catalogue's bucket: {error}") from error
            yield page
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]
