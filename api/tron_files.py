"""Stored model files, looked at by ranges: what each is, and its manifest; none is ever read whole."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from api.errors import ApiRefusal
from schemas.specs.uploads import FileKind
from schemas.tron import ManifestError, TronManifest, decode_manifest
from schemas.values import ObjectRef
from storage.file_kind import LOOK_BYTES, file_kind
from storage.objects.port import ObjectStore
from storage.tron_file import TronFileError, manifest_span

HEAD_BYTES = 512
"""So much of a Tron file tells where its manifest lies."""
MANIFEST_BYTES_MAX = 8 << 20
"""Longer ones (hundreds of thousands of classes) are read with `mo tron describe FILE`, not here."""


class Looked(NamedTuple):
    """What a stored file is found to be; of a Tron of ours with its manifest."""

    kind: FileKind
    manifest: TronManifest | None


async def look_at(objects: ObjectStore, ref: ObjectRef) -> Looked:
    """What the stored file is. A Tron whose manifest cannot be read is a broken one, one that is too long is not read.

    Raises:
        ObjectMissingError, StoreAwayError: as the store.
    """
    size_bytes = ref.size_bytes
    head = await _range(objects, ref, 0, min(LOOK_BYTES, size_bytes))
    tail = await _range(objects, ref, max(0, size_bytes - LOOK_BYTES), size_bytes)
    if (kind := file_kind(head, tail, size_bytes)) != "tron":
        return Looked(kind, None)
    try:
        start, stop = _span(ref, head)
        if stop - start > MANIFEST_BYTES_MAX:
            return Looked(kind, None)
        return Looked(kind, decode_manifest(await _range(objects, ref, start, stop)))
    except (TronFileError, ManifestError):
        return Looked("broken_tron", None)


async def manifest_of(objects: ObjectStore, ref: ObjectRef) -> bytes:
    """The manifest of a Tron file, the bytes as they lie in it; they can be decoded.

    Raises:
        ApiRefusal: the file has none that can be read (409), or it is too long to be read here (422).
        ObjectMissingError, StoreAwayError: as the store.
    """
    try:
        start, stop = _span(ref, await _range(objects, ref, 0, min(HEAD_BYTES, ref.size_bytes)))
        if stop - start > MANIFEST_BYTES_MAX:
            raise ApiRefusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "object_too_large_to_read",
                digest=ref.digest,
                size_max_bytes=MANIFEST_BYTES_MAX,
            )
        data = await _range(objects, ref, start, stop)
        decode_manifest(data)
    except (TronFileError, ManifestError) as error:
        raise ApiRefusal(HTTPStatus.CONFLICT, "manifest_unreadable", error=error) from error
    return data


def _span(ref: ObjectRef, head: bytes) -> tuple[int, int]:
    """From where to where the manifest lies; raises `TronFileError` where it lies nowhere."""
    start, stop = manifest_span(head)
    if stop > ref.size_bytes:
        raise TronFileError("the manifest is cut short: upload the file again")
    return start, stop


async def _range(objects: ObjectStore, ref: ObjectRef, start: int, stop: int) -> bytes:
    return b"".join([chunk async for chunk in objects.get(ref.digest, start=start, stop=stop)])
