"""Who may ask what: every route declares a policy, foreign hosts and cross-site writes are refused, headers harden.

What was let through and changes something, and what a known person was denied, is put into the chain of decisions.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Literal, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Handler

from api.contract import Contract
from api.deps import deps_of
from api.errors import ApiRefusal
from api.grants import Claim, read_token
from api.people import Who, bearer_of, recognised
from api.trail import tell
from storage.accounts.rules import OF_ROLE, ROLES, Permission

Policy = Literal["open", "self", "read", "write", "release", "admin", "agent", "job"]
"""open: anybody; self: any person who is signed in, about themselves; read, write, release, admin: who may that;
agent: the agents' secret; job: one running job's token."""
PERSONAL: frozenset[Policy] = frozenset({"self", "read", "write", "release", "admin"})

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_POLICY = "Content-Security-Policy"
FRAMES = "X-Frame-Options"
READERS = "Cross-Origin-Resource-Policy"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    FRAMES: "DENY",
    CONTENT_POLICY: "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    READERS: "same-origin",
    "Server": "mo",
}
_PAGES_OWN = (CONTENT_POLICY, FRAMES, READERS)
PICTURE_POLICY = "default-src 'none'; img-src data:; frame-ancestors 'none'; sandbox"
"""What an SVG of ours needs, which carries its image in itself."""
_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_WHO = web.RequestKey("who", Who)
_CLAIM = web.RequestKey("claim", Claim)


class Route(NamedTuple):
    """One line of the route table. Not `told`: what it lets through is too small to be kept in the chain."""

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    policy: Policy
    says: Contract | None = None
    told: bool = True


class UndeclaredRouteError(Exception):
    """A route came in beside the route table, so nobody said who may ask it: give it a `Route` with a policy."""


DECLARED = web.AppKey("declared", dict[web.AbstractRoute, Route])


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    """Put the routes and their policies into the application."""
    app[DECLARED] = {app.router.add_route(route.method, route.path, route.handler): route for route in routes}
    app.on_startup.append(_refuse_undeclared)


async def _refuse_undeclared(app: web.Application) -> None:
    for route in app.router.routes():
        if route not in app[DECLARED]:
            raise UndeclaredRouteError(f"{route.method} {route.resource} has no policy: add it by the route table")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through what the route's policy allows. Unknown routes pass: they end in 404 or 405."""
    _check_host(request)
    if request.method not in SAFE_METHODS:
        _check_site(request)
    route = request.app[DECLARED].get(request.match_info.route)
    if route is None:
        return await handler(request)
    if route.policy in PERSONAL:
        return await _of_person(request, handler, route)
    if route.policy == "agent":
        _check_agent(request)
    elif route.policy == "job":
        request[_CLAIM] = _claim(request)
    return await handler(request)


async def _of_person(request: web.Request, handler: Handler, route: Route) -> web.StreamResponse:
    request[_WHO] = who = await recognised(request)
    try:
        _check_permission(request, who, route.policy)
        response = await handler(request)
    except ApiRefusal as refusal:
        if refusal.status == HTTPStatus.FORBIDDEN:
            await tell(request, who, "denied")
        raise
    if route.told and request.method not in SAFE_METHODS and response.status < HTTPStatus.BAD_REQUEST:
        await tell(request, who, "allowed")
    return response


def _check_permission(request: web.Request, who: Who, policy: Policy) -> None:
    if policy == "self":
        if request.method not in SAFE_METHODS and not (who.whole or _gives_itself_up(request, who)):
            raise ApiRefusal(HTTPStatus.FORBIDDEN, "token_not_whole")
        return
    if who.account.once_until is not None:
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "password_change_needed")
    role = who.account.role
    if policy not in OF_ROLE[role]:
        needed = next(each for each in ROLES if policy in OF_ROLE[each])
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "role_too_low", needed=needed, role=role)
    if policy not in who.may:
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "scope_missing", needed=policy)


def _gives_itself_up(request: web.Request, who: Who) -> bool:
    """Whether a token asks for its own end; that a part of what its owner may is enough for."""
    return request.method == "DELETE" and who.token is not None and request.match_info.get("id") == str(who.token.id)


def actor_of(request: web.Request) -> Who:
    """The person who asks; on routes with a policy for persons."""
    return request[_WHO]


async def authorize(request: web.Request, owner: UUID, *, of_all: Permission = "admin") -> None:
    """Let the person who asks change or take away a thing of this owner: their own, or everybody's with `of_all`.

    Raises:
        ApiRefusal: 403 not_yours.
    """
    who = actor_of(request)
    if owner == who.id or of_all in who.may:
        return
    deps = deps_of(request)
    names = await deps.names.of(deps.accounts, [owner])
    raise ApiRefusal(HTTPStatus.FORBIDDEN, "not_yours", owner=names[owner] or owner, needed=of_all)


def claim_of(request: web.Request) -> Claim:
    """The claim that the token proves; on routes with the policy `job`."""
    return request[_CLAIM]


async def harden(_: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer, streams and errors included; only pages say what may run in them, and where."""
    own = {name: response.headers[name] for name in _PAGES_OWN if name in response.headers}
    response.headers.update(SECURITY_HEADERS | own)
    if CONTENT_POLICY not in own and response.content_type == "image/svg+xml":
        response.headers[CONTENT_POLICY] = PICTURE_POLICY
    response.headers.setdefault("Cache-Control", "no-store")


def _host_name(authority: str) -> str:
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def _check_host(request: web.Request) -> None:
    hosts = request.headers.getall("Host", [])
    if len(hosts) != 1 or _host_name(hosts[0]) not in _HOSTS | deps_of(request).doors.hosts:
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


def _check_agent(request: web.Request) -> None:
    expected = deps_of(request).agent_secret
    if not expected or not hmac.compare_digest(bearer_of(request).encode(), expected.encode()):
        raise ApiRefusal(
            HTTPStatus.UNAUTHORIZED, "agent_secret_wrong", headers={"WWW-Authenticate": 'Bearer realm="mo agents"'}
        )


def _claim(request: web.Request) -> Claim:
    deps = deps_of(request)
    claim = read_token(bearer_of(request), deps.token_secret, deps.clock())
    if claim is None:
        raise ApiRefusal(
            HTTPStatus.UNAUTHORIZED, "job_token_invalid", headers={"WWW-Authenticate": 'Bearer realm="mo jobs"'}
        )
    return claim
