"""Digests as names of objects: the only names there are."""

from __future__ import annotations

import re

from storage.objects.port import ObjectMissingError

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def hex_of(digest: str) -> str:
    """The 64 hex digits of a digest.

    Raises:
        ObjectMissingError: the text is no digest, so no object can have that name.
    """
    match = _DIGEST.fullmatch(digest)
    if match is None:
        raise ObjectMissingError(f"{digest[:100]!r} is no digest (sha256: and 64 hex digits): no object has that name")
    return match[1]
