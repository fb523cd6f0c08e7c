"""GET /accounts, /session, /sessions, /tokens, /registration and /audit."""

from __future__ import annotations

from http import HTTPStatus
from typing import get_args

from aiohttp import web

from api.answers import Query, id_of, json_answer, unknown
from api.auth import actor_of
from api.deps import deps_of
from api.errors import ApiRefusal
from api.present_people import account_resource, audit_entry, open_session, session_resource, token_resource
from api.resources import Page
from api.resources_accounts import Registration
from storage.accounts import rules
from storage.accounts.rules import Outcome

OUTCOMES = get_args(Outcome)
DIGITS_MAX = 18


async def list_accounts(request: web.Request) -> web.Response:
    """A page of accounts by login."""
    query = Query(request, ("limit", "cursor", "search"))
    rows, next_ = await deps_of(request).accounts.accounts(
        search=query.text("search"), limit=query.limit(), after=query.cursor()
    )
    return json_answer(Page(items=[account_resource(row) for row in rows], next=next_))


async def get_account(request: web.Request) -> web.Response:
    """One account, with its ETag."""
    id_ = id_of(request, "account")
    if (row := await deps_of(request).accounts.account(id_)) is None:
        raise unknown("account", id_)
    shown = account_resource(row)
    return json_answer(shown, HTTPStatus.OK, {"ETag": shown.etag})


async def get_registration(request: web.Request) -> web.Response:
    """How people come in for the first time; asked before anybody is signed in."""
    deps = deps_of(request)
    shown = Registration(
        open=deps.doors.registration,
        new_role=deps.doors.new_role,
        admin_missing=not await deps.accounts.has_admin(),
        password_chars_min=rules.PASSWORD_CHARS_MIN,
        password_chars_max=rules.PASSWORD_CHARS_MAX,
    )
    return json_answer(shown)


async def get_session(request: web.Request) -> web.Response:
    """Who asks, and what they may."""
    return json_answer(session_resource(actor_of(request)))


async def list_sessions(request: web.Request) -> web.Response:
    """The browsers that the person who asks is signed in with, last seen first."""
    Query(request, ())
    deps, who = deps_of(request), actor_of(request)
    current = who.session.id if who.session is not None else None
    rows = await deps.accounts.sessions(who.id, deps.clock())
    return json_answer(Page(items=[open_session(row, current) for row in rows]))


async def list_tokens(request: web.Request) -> web.Response:
    """The tokens of the person who asks, newest first."""
    Query(request, ())
    rows = await deps_of(request).accounts.tokens(actor_of(request).id)
    return json_answer(Page(items=[token_resource(row) for row in rows]))


async def list_audit(request: web.Request) -> web.Response:
    """A page of decisions, newest first; with `after` oldest first behind that position, for whoever verifies them."""
    query = Query(request, ("limit", "cursor", "after", "actor", "outcome"))
    deps, limit = deps_of(request), query.limit()
    actor, outcome = query.id("actor"), query.one_of("outcome", OUTCOMES)
    if query.text("after"):
        begin = _position(query, "after") + 1
        rows = await deps.accounts.audit_from(begin, limit=limit + 1, actor=actor, outcome=outcome)
    else:
        before = _position(query, "cursor") if query.cursor() else None
        rows = await deps.accounts.audit(limit=limit + 1, before=before, actor=actor, outcome=outcome)
    names = await deps.names.of(deps.accounts, (row.actor for row in rows if row.actor is not None))
    next_ = str(rows[limit - 1].position) if len(rows) > limit else None
    return json_answer(Page(items=[audit_entry(row, names) for row in rows[:limit]], next=next_))


def _position(query: Query, name: str) -> int:
    text = query.text(name)
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX):
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name=name, known="1, 2, 3, ...")
    return int(text)
