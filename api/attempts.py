"""Guesses at passwords, codes and setup tokens are counted by login and by address, in this process."""

from __future__ import annotations

import math
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from api.deps import deps_of
from api.errors import ApiRefusal
from api.limits import Limit, Limits
from api.people import address_of
from storage.accounts.rules import folded

FREE_OF_PAIR = 5
"""Of one login from one address."""
FREE_OF_LOGIN, FREE_OF_ADDRESS = 20, 30
"""More: nobody shall lock out another, nor an office behind one address itself."""
LOGIN_WAIT_S_MAX = 5.0
"""Whoever guesses at a login from many addresses is slowed down, and the person whose it is still comes in."""
REGISTRATIONS_FREE = 20
ATTEMPTS = web.AppKey("attempts", Limits)


def install(app: web.Application) -> None:
    """Count the application's attempts."""
    app[ATTEMPTS] = Limits()


class Attempt:
    """One attempt that began; `succeeded` where it was right, so that it does not count."""

    def __init__(self, request: web.Request, limits: Sequence[Limit]) -> None:
        self._attempts, self._limits = request.app[ATTEMPTS], limits
        now_s = deps_of(request).clock().timestamp()
        if (wait_s := self._attempts.wait_s(limits, now_s)) > 0:
            wait = math.ceil(wait_s)
            again = {"Retry-After": str(wait)}
            raise ApiRefusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_attempts", headers=again, seconds=wait)
        self._attempts.begin(limits, now_s)

    def succeeded(self) -> None:
        """It was no guess."""
        self._attempts.succeed(self._limits)
        self._attempts.forget(self._limits[0].key)


def to_sign_in(request: web.Request, login: str) -> Attempt:
    """A password for a login; raises `ApiRefusal` 429 where it has to wait, as the others."""
    address, name = address_of(request), folded(login)[:200]
    return Attempt(
        request,
        (
            Limit(("pair", name, address), FREE_OF_PAIR),
            Limit(("login", name), FREE_OF_LOGIN, LOGIN_WAIT_S_MAX),
            Limit(("address", address), FREE_OF_ADDRESS),
        ),
    )


def with_code(request: web.Request) -> Attempt:
    """A code or setup token that says itself whose it is."""
    return Attempt(request, (Limit(("code", address_of(request)), FREE_OF_PAIR),))


def to_register(request: web.Request) -> Attempt:
    """A new account; it counts in any case."""
    return Attempt(request, (Limit(("register", address_of(request)), REGISTRATIONS_FREE),))
