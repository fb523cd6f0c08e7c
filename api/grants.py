"""A job's token for the object gateway: which claim it was given for and until when, signed. Pure."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

import msgspec

TOKEN_CHARS_MAX = 1024


class Claim(msgspec.Struct, frozen=True):
    """One attempt of one agent process at one job; `expires_at` has its zone."""

    job_id: UUID
    epoch: int
    instance: UUID
    expires_at: datetime


def make_token(claim: Claim, secret: str) -> str:
    """The signed token (HMAC-SHA-256).

    Raises:
        ValueError: the secret is empty, so that anybody could sign.
    """
    body = urlsafe_b64encode(msgspec.json.encode(claim))
    return f"{body.decode()}.{_signature(body, secret)}"


def read_token(token: str, secret: str, now: datetime) -> Claim | None:
    """The claim in a token; None if it was not signed with the secret, or has run out."""
    body, _, signature = token.partition(".")
    if len(token) > TOKEN_CHARS_MAX or not token.isascii():
        return None
    if not hmac.compare_digest(_signature(body.encode(), secret), signature):
        return None
    claim = msgspec.json.decode(urlsafe_b64decode(body), type=Claim)
    return claim if now < claim.expires_at else None


def _signature(body: bytes, secret: str) -> str:
    if not secret:
        raise ValueError("the token secret is empty: set MO_TOKEN_SECRET")
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
