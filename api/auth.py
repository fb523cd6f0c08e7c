"""Who may ask what: every route declares a policy, foreign hosts and cross-site writes are refused, headers harden.

There are no accounts yet: whoever reaches the loopback address is the one local user. That is why a foreign Host name
(DNS rebinding) and another site's pages (CSRF) must not get through.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from api.contract import Contract
from api.deps import Actor, deps_of
from api.errors import ApiRefusal
from api.grants import Claim, read_token

Policy = Literal["open", "user", "agent", "job"]
"""open: anybody on this machine; user: a person; agent: the agents' secret; job: one running job's token."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_POLICY = "Content-Security-Policy"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    CONTENT_POLICY: "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "mo",
}
PICTURE_POLICY = "default-src 'none'; img-src data:; frame-ancestors 'none'; sandbox"
"""What an SVG of ours needs, which carries its image in itself."""
_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_ACTOR = web.RequestKey("actor", Actor)
_CLAIM = web.RequestKey("claim", Claim)


class Route(NamedTuple):
    """One line of the route table."""

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    policy: Policy = "user"
    says: Contract | None = None


class UndeclaredRouteError(Exception):
    """A route came in beside the route table, so nobody said who may ask it: give it a `Route` with a policy."""


POLICIES = web.AppKey("policies", dict[web.AbstractRoute, Policy])


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    """Put the routes and their policies into the application."""
    app[POLICIES] = {app.router.add_route(route.method, route.path, route.handler): route.policy for route in routes}
    app.on_startup.append(_refuse_undeclared)


async def _refuse_undeclared(app: web.Application) -> None:
    for route in app.router.routes():
        if route not in app[POLICIES]:
            raise UndeclaredRouteError(f"{route.method} {route.resource} has no policy: add it by the route table")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through what the route's policy allows. Unknown routes pass: they end in 404 or 405."""
    _check_host(request)
    if request.method not in SAFE_METHODS:
        _check_site(request)
    policy = request.app[POLICIES].get(request.match_info.route)
    if policy == "user":
        request[_ACTOR] = deps_of(request).actor
    elif policy == "agent":
        _check_agent(request)
    elif policy == "job":
        request[_CLAIM] = _claim(request)
    return await handler(request)


def actor_of(request: web.Request) -> Actor:
    """The person who asks; on routes with the policy `user`."""
    return request[_ACTOR]


def claim_of(request: web.Request) -> Claim:
    """The claim that the token proves; on routes with the policy `job`."""
    return request[_CLAIM]


async def harden(_: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer, streams and errors included; only pages say what may run in them."""
    own = response.headers.get(CONTENT_POLICY)
    response.headers.update(SECURITY_HEADERS)
    if own is not None:
        response.headers[CONTENT_POLICY] = own
    elif response.content_type == "image/svg+xml":
        response.headers[CONTENT_POLICY] = PICTURE_POLICY
    response.headers.setdefault("Cache-Control", "no-store")


def _host_name(authority: str) -> str:
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def _check_host(request: web.Request) -> None:
    hosts = request.headers.getall("Host", [])
    if len(hosts) != 1 or _host_name(hosts[0]) not in _HOSTS:
        raise ApiRefusal(HTTPStatus.MISDIRECTED_REQUEST, "host_refused", host=",".join(hosts)[:100])


def _check_site(request: web.Request) -> None:
    """Browsers say where a request comes from; other clients say neither header and cannot be tricked into one."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        same = site in ("same-origin", "none")
    else:
        origin = request.headers.get("Origin")
        same = origin is None or urlsplit(origin).netloc == request.headers["Host"]
    if not same:
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "cross_site_refused")


def _bearer(request: web.Request) -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _check_agent(request: web.Request) -> None:
    expected = deps_of(request).agent_secret
    if not expected or not hmac.compare_digest(_bearer(request).encode(), expected.encode()):
        raise ApiRefusal(
            HTTPStatus.UNAUTHORIZED, "agent_secret_wrong", headers={"WWW-Authenticate": 'Bearer realm="mo agents"'}
        )


def _claim(request: web.Request) -> Claim:
    deps = deps_of(request)
    claim = read_token(_bearer(request), deps.token_secret, deps.clock())
    if claim is None:
        raise ApiRefusal(
            HTTPStatus.UNAUTHORIZED, "job_token_invalid", headers={"WWW-Authenticate": 'Bearer realm="mo jobs"'}
        )
    return claim
