"""Objects that wishes name: are they there, are they small enough, what do they say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus

from api.errors import ApiRefusal
from schemas.values import ObjectRef
from storage.objects.port import ObjectMissingError, ObjectStore

NAME_CHARS_MAX = 200


async def object_ref(objects: ObjectStore, digest: str, name: str, *, field: str, size_max_bytes: int) -> ObjectRef:
    """The reference to an object that a wish names.

    Raises:
        ApiRefusal: there is no such object, it is empty, or it is too large (422).
    """
    try:
        size_bytes = await objects.size(digest)
    except ObjectMissingError:
        raise ApiRefusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "object_not_uploaded", digest=digest[:100], field=field
        ) from None
    if size_bytes == 0:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "object_empty", field=field)
    if size_bytes > size_max_bytes:
        raise ApiRefusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "object_over_limit",
            field=field,
            size_bytes=size_bytes,
            size_max_bytes=size_max_bytes,
        )
    return ObjectRef(digest, size_bytes, name[:NAME_CHARS_MAX])


async def load(objects: ObjectStore, digest: str, *, size_max_bytes: int) -> bytes:
    """A small object's bytes.

    Raises:
        ApiRefusal: it is larger than what is read into memory here (422).
        ObjectMissingError, ObjectDamagedError: as the store.
    """
    if await objects.size(digest) > size_max_bytes:
        raise ApiRefusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "object_too_large_to_read", digest=digest, size_max_bytes=size_max_bytes
        )
    return b"".join([chunk async for chunk in objects.get(digest)])


async def keep(objects: ObjectStore, data: bytes, name: str) -> ObjectRef:
    """Store bytes that the API made itself; equal bytes give the same reference."""
    stored = await objects.put(_once(data), size_max_bytes=len(data))
    return ObjectRef(stored.digest, stored.size_bytes, name[:NAME_CHARS_MAX])


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
