"""The part of the route table that is about people: accounts, sessions, tokens, decisions."""

from __future__ import annotations

from http import HTTPStatus

from api.auth import Route
from api.commands import accounts, sessions
from api.contract import (
    ACCEPT_LANGUAGE,
    CURSOR,
    ETAG,
    EVERYWHERE,
    ID,
    IF_MATCH,
    LIMIT,
    SEARCH,
    WITH_BODY,
    Answer,
    Contract,
    Query,
    words,
)
from api.queries import accounts as queries
from api.resources import Page
from api.resources_accounts import (
    Account,
    AccountEdit,
    AccountWish,
    AuditEntry,
    NewToken,
    OneTimePassword,
    OpenSession,
    PasswordWish,
    Registration,
    Session,
    SignIn,
    SignInCode,
    Token,
    TokenWish,
)

_V1 = "/api/v1"
_ASKED = (HTTPStatus.BAD_REQUEST, *EVERYWHERE)
_SAID = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, *WITH_BODY, *EVERYWHERE)
_LANGUAGE = (ACCEPT_LANGUAGE,)
_GUESSED = (*_SAID, HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)
_DONE = Answer(HTTPStatus.NO_CONTENT)
_ENDED = Contract((_DONE,), (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, *EVERYWHERE), headers=_LANGUAGE)
_CHANGED = Contract(
    (Answer(HTTPStatus.OK, Account, headers=(ETAG,)),),
    (
        *_SAID,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.PRECONDITION_FAILED,
        HTTPStatus.PRECONDITION_REQUIRED,
    ),
    wish=AccountEdit,
    headers=(ACCEPT_LANGUAGE, IF_MATCH),
)
_PASSWORD_SET = Contract(
    (Answer(HTTPStatus.CREATED, OneTimePassword),),
    (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS, *EVERYWHERE),
    headers=_LANGUAGE,
)
_REGISTERED = Contract(
    (Answer(HTTPStatus.CREATED, Account, headers=(ETAG,)),),
    (*_GUESSED, HTTPStatus.CONFLICT),
    wish=AccountWish,
    headers=_LANGUAGE,
)
_SIGNED_IN = Contract((Answer(HTTPStatus.CREATED, Session),), _GUESSED, wish=SignIn, headers=_LANGUAGE)
_OWN_PASSWORD = Contract((_DONE,), _GUESSED, wish=PasswordWish, headers=_LANGUAGE)
_CODE = Contract((Answer(HTTPStatus.CREATED, SignInCode),), (HTTPStatus.FORBIDDEN, *EVERYWHERE), headers=_LANGUAGE)
_TOKEN_MADE = Contract(
    (Answer(HTTPStatus.CREATED, NewToken),), (*_SAID, HTTPStatus.CONFLICT), wish=TokenWish, headers=_LANGUAGE
)
_AUDIT = (
    LIMIT,
    CURSOR,
    Query("after", {"type": "integer", "minimum": 0}, "Oldest first, behind this position; `next` goes on."),
    Query("actor", ID, "Only what this person asked for."),
    words("outcome", queries.OUTCOMES, "Only what was let through, denied, or failed (sign-ins)."),
)


def _shown(resource: object, *queries_: Query, tagged: bool = False, refusals: tuple[int, ...] = ()) -> Contract:
    answer = Answer(HTTPStatus.OK, resource, headers=(ETAG,) if tagged else ())
    return Contract((answer,), (*_ASKED, *refusals), queries=queries_, headers=_LANGUAGE)


PEOPLE: tuple[Route, ...] = (
    Route("POST", f"{_V1}/accounts", accounts.post_account, "open", says=_REGISTERED),
    Route(
        "GET",
        f"{_V1}/accounts",
        queries.list_accounts,
        "admin",
        says=_shown(Page[Account], LIMIT, CURSOR, SEARCH),
    ),
    Route(
        "GET",
        f"{_V1}/accounts/{{id}}",
        queries.get_account,
        "admin",
        says=_shown(Account, tagged=True, refusals=(HTTPStatus.NOT_FOUND,)),
    ),
    Route("PATCH", f"{_V1}/accounts/{{id}}", accounts.patch_account, "admin", says=_CHANGED),
    Route("POST", f"{_V1}/accounts/{{id}}/password", accounts.post_password, "admin", says=_PASSWORD_SET),
    Route("GET", f"{_V1}/registration", queries.get_registration, "open", says=_shown(Registration)),
    Route("POST", f"{_V1}/session", sessions.post_session, "open", says=_SIGNED_IN),
    Route("GET", f"{_V1}/session", queries.get_session, "self", says=_shown(Session)),
    Route("DELETE", f"{_V1}/session", sessions.delete_session, "self", says=_ENDED),
    Route("PUT", f"{_V1}/session/password", sessions.put_password, "self", says=_OWN_PASSWORD),
    Route("POST", f"{_V1}/session/code", sessions.post_code, "self", says=_CODE),
    Route("GET", f"{_V1}/sessions", queries.list_sessions, "self", says=_shown(Page[OpenSession])),
    Route("DELETE", f"{_V1}/sessions/{{id}}", sessions.delete_other_session, "self", says=_ENDED),
    Route("GET", f"{_V1}/tokens", queries.list_tokens, "self", says=_shown(Page[Token])),
    Route("POST", f"{_V1}/tokens", accounts.post_token, "self", says=_TOKEN_MADE),
    Route("DELETE", f"{_V1}/tokens/{{id}}", accounts.delete_token, "self", says=_ENDED),
    Route("GET", f"{_V1}/audit", queries.list_audit, "admin", says=_shown(Page[AuditEntry], *_AUDIT)),
)
