"""Secrets that people carry: how they are made and written, and the digest that alone is kept of them."""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from typing import NamedTuple
from uuid import UUID

SECRET_BYTES = 32
TOKEN_PREFIX = "mo_"  # noqa: S105  how every token begins, so that it is known where it was left lying
ONE_TIME_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike."""
ONE_TIME_CHARS = 16
_TOKEN = re.compile(r"mo_([0-9a-f]{32})_([0-9a-f]{64})_([0-9a-f]{8})")


class TokenText(NamedTuple):
    """What a token says: whose row it is, and the secret that proves it."""

    id: UUID
    secret: str


def new_secret() -> str:
    """256 random bits, in hex."""
    return secrets.token_hex(SECRET_BYTES)


def new_password() -> str:
    """A password to be used once: 16 letters and digits in groups of four, 79 bits."""
    letters = "".join(secrets.choice(ONE_TIME_LETTERS) for _ in range(ONE_TIME_CHARS))
    return "-".join(letters[start : start + 4] for start in range(0, ONE_TIME_CHARS, 4))


def digest_of(secret: str) -> bytes:
    """What is kept of a secret of 256 bits: its SHA-256; nothing slower is needed where nothing can be guessed."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()


def token_text(token: TokenText) -> str:
    """`mo_<id>_<secret>_<crc32>`: the checksum tells a mistyped token from a revoked one without asking anybody."""
    body = f"{TOKEN_PREFIX}{token.id.hex}_{token.secret}"
    return f"{body}_{_checksum(body)}"


def read_token(text: str) -> TokenText | None:
    """The token in a text; None if it is none, or one with a slip in it."""
    found = _TOKEN.fullmatch(text)
    if found is None or found[3] != _checksum(text.rpartition("_")[0]):
        return None
    return TokenText(UUID(found[1]), found[2])


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
