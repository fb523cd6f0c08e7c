"""Who asks: recognised by the cookie of a session or by a bearer token, and what they may."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Literal, NamedTuple
from uuid import UUID

from aiohttp import web

from api.deps import deps_of
from api.errors import ApiRefusal
from storage.accounts import rules
from storage.accounts.rows import AccountRow, SessionRow, TokenRow
from storage.accounts.rules import Permission
from storage.accounts.secrets import digest_of, read_token

COOKIE, COOKIE_OVER_TLS = "mo_session", "__Host-mo_session"
WHO_ASKS_FOR_TOKENS = {"WWW-Authenticate": 'Bearer realm="mo"'}
ADDRESS_CHARS_MAX = 64


class Who(NamedTuple):
    """A person, by a session or a token of theirs, and what may be done with it."""

    account: AccountRow
    may: frozenset[Permission]
    session: SessionRow | None = None
    token: TokenRow | None = None

    @property
    def id(self) -> UUID:
        """The actor of what they say."""
        return self.account.id

    @property
    def name(self) -> str:
        """What people see."""
        return self.account.name

    @property
    def by(self) -> Literal["cookie", "token"]:
        """How they were recognised."""
        return "cookie" if self.session is not None else "token"

    @property
    def whole(self) -> bool:
        """Whether all that the person may can be done with it."""
        return self.may == rules.permissions(self.account.role)

    @property
    def proof_id(self) -> UUID:
        """The id of the session or token."""
        proof = self.session or self.token
        assert proof is not None
        return proof.id

    @property
    def expires_at(self) -> datetime:
        """When session or token end by themselves."""
        if self.session is not None:
            return rules.session_end(self.session.created_at, self.session.seen_at)
        assert self.token is not None
        return self.token.expires_at


def bearer_of(request: web.Request) -> str:
    """What stands behind `Authorization: Bearer`; "" where nothing does."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def address_of(request: web.Request) -> str:
    """Whence a request comes; behind the proxy of a public address what that says last."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if deps_of(request).doors.public_url and forwarded:
        return forwarded.rpartition(",")[2].strip()[:ADDRESS_CHARS_MAX]
    return (request.remote or "")[:ADDRESS_CHARS_MAX]


def cookie_name(request: web.Request) -> str:
    """`__Host-` keeps other hosts and plain HTTP from setting the cookie; browsers take that over TLS only."""
    return COOKIE_OVER_TLS if deps_of(request).doors.over_tls else COOKIE


async def recognised(request: web.Request) -> Who:
    """Who asks. A cookie that comes together with a token counts for nothing.

    Raises:
        ApiRefusal: 401 sign_in_needed, token_invalid.
        AccountsAwayError: nobody can be recognised now.
    """
    who = await _by_token(request) if "Authorization" in request.headers else await by_cookie(request)
    if who is None:
        raise ApiRefusal(HTTPStatus.UNAUTHORIZED, "sign_in_needed", headers=WHO_ASKS_FOR_TOKENS)
    return who


async def _by_token(request: web.Request) -> Who:
    deps, said = deps_of(request), read_token(bearer_of(request))
    found = None if said is None else await deps.accounts.token(said.id, digest_of(said.secret), deps.clock())
    if found is None:
        raise ApiRefusal(HTTPStatus.UNAUTHORIZED, "token_invalid", headers=WHO_ASKS_FOR_TOKENS)
    return Who(found.account, rules.permissions(found.account.role, found.token.scopes), token=found.token)


async def by_cookie(request: web.Request) -> Who | None:
    """Whose session the cookie is of; None where there is none, or it ended."""
    deps, secret = deps_of(request), request.cookies.get(cookie_name(request), "")
    found = await deps.accounts.session(digest_of(secret), deps.clock()) if secret else None
    return None if found is None else Who(found.account, rules.permissions(found.account.role), session=found.session)


async def still(request: web.Request, who: Who) -> bool:
    """Whether what they were recognised by still holds."""
    deps = deps_of(request)
    lives = deps.accounts.session_lives if who.session is not None else deps.accounts.token_lives
    return await lives(who.proof_id, deps.clock())
