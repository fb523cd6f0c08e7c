"""What is kept of people: accounts, sessions, tokens, decisions. Of secrets only digests."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from storage.accounts.rules import Outcome, Permission, Role


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person; `id` is the actor of events. `password` is its argon2id hash, "" where nobody can sign in with one.

    `once_until`: the password was set by an admin, has to be changed at the first sign-in, and ends then. `revision`
    counts the changes that an admin makes.
    """

    id: UUID
    login: str
    name: str
    role: Role
    active: bool = True
    password: str = ""
    once_until: datetime | None = None
    revision: int = 1
    created_at: datetime


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that somebody signed in with."""

    id: UUID
    account_id: UUID
    digest: bytes
    created_at: datetime
    seen_at: datetime
    client: str
    address: str


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token that programs carry for somebody."""

    id: UUID
    account_id: UUID
    digest: bytes
    name: str
    scopes: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked for what, and whether it was let through. `object` is the id of a thing, or another name without a
    secret in it; `actor` None: nobody was recognised."""

    time: datetime
    actor: UUID | None
    action: str
    object: str
    outcome: Outcome
    address: str


class AuditRow(Decision, frozen=True, kw_only=True):
    """A decision in the chain: `position` counts from 1 without gaps, `previous` is the digest of the one before."""

    position: int
    previous: bytes
    digest: bytes


class Signed(NamedTuple):
    """A session and whose it is."""

    session: SessionRow
    account: AccountRow


class Bearer(NamedTuple):
    """A token and whose it is."""

    token: TokenRow
    account: AccountRow
