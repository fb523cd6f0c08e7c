"""The JSON about people: accounts, sessions, tokens, decisions; and what may be wished of them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from api.resources import Moment, Resource
from storage.accounts import rules
from storage.accounts.rules import Outcome, Permission, Role

LoginText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
PasswordText = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
NameText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
SecretText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Account(Resource, frozen=True, kw_only=True):
    """A person. `active`: may sign in. `password_once`: the password was set by an admin and has to be changed. An
    admin's change gives `etag` back in If-Match."""

    id: UUID
    login: str
    name: str
    role: Role
    active: bool
    password_once: bool
    created_at: Moment
    etag: str


class Session(Resource, frozen=True, kw_only=True):
    """Who is signed in, how, what may be done with it, and until when: a browser's session moves on as it is used.

    With `password_change_needed` nothing but another password may be asked for first.
    """

    account: Account
    permissions: list[Permission]
    by: Literal["cookie", "token"]
    expires_at: Moment
    password_change_needed: bool


class OpenSession(Resource, frozen=True, kw_only=True):
    """A browser that the person is signed in with; `current` is the one that asks."""

    id: UUID
    client: str
    address: str
    created_at: Moment
    seen_at: Moment
    expires_at: Moment
    current: bool


class Token(Resource, frozen=True, kw_only=True):
    """A token for programs: what it may at most, and when it was last used."""

    id: UUID
    name: str
    scopes: list[Permission]
    created_at: Moment
    expires_at: Moment
    used_at: Moment | None


class NewToken(Token, frozen=True, kw_only=True):
    """A token that was just made. `text` is what programs carry; it is never said again."""

    text: str


class OneTimePassword(Resource, frozen=True, kw_only=True):
    """A password that an admin set for somebody: it is said once, holds for one sign-in, and has to be changed then."""

    password: str
    expires_at: Moment


class SignInCode(Resource, frozen=True, kw_only=True):
    """A code that signs a browser in once: `/sign-in#code=...`."""

    code: str
    expires_at: Moment


class Registration(Resource, frozen=True, kw_only=True):
    """Whether people may make themselves an account and what role they get, whether there is an admin yet, and the
    rules about passwords."""

    open: bool
    new_role: Role
    admin_missing: bool
    password_chars_min: int
    password_chars_max: int


class AuditEntry(Resource, frozen=True, kw_only=True):
    """A decision in the chain. `previous` and `digest` are SHA-256 in hex: each entry covers the one before it."""

    position: int
    time: Moment
    actor: UUID | None
    actor_name: str
    action: str
    object: str
    outcome: Outcome
    address: str
    previous: str
    digest: str


class _Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is wished."""


class AccountWish(_Wish, frozen=True, kw_only=True):
    """A new account. Without a name it is called as its login; with the server's setup token it is the first admin."""

    login: LoginText
    password: PasswordText
    name: NameText | None = None
    setup_token: SecretText | None = None


class AccountEdit(_Wish, frozen=True, kw_only=True):
    """What an admin changes of an account."""

    name: NameText | None = None
    role: Role | None = None
    active: bool | None = None


class SignIn(_Wish, frozen=True, kw_only=True):
    """Login and password, or a code for one sign-in."""

    login: LoginText | None = None
    password: PasswordText | None = None
    code: SecretText | None = None


class PasswordWish(_Wish, frozen=True, kw_only=True):
    """Another password. `old` may be left out only where there is none yet."""

    new: PasswordText
    old: PasswordText | None = None


class TokenWish(_Wish, frozen=True, kw_only=True):
    """A new token; without an end it lives for a year, which is the longest."""

    name: NameText
    scopes: Annotated[list[Permission], msgspec.Meta(max_length=len(rules.PERMISSIONS))]
    expires_at: Moment | None = None
