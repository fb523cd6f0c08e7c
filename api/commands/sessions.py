"""Signing in and out: POST and DELETE /session, PUT /session/password, POST /session/code, DELETE /sessions/{id}."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from msgspec.structs import replace

from api import attempts
from api.answers import id_of, json_answer, unknown, wish_of
from api.auth import actor_of
from api.commands.accounts import busy, checked, hashed
from api.deps import deps_of
from api.errors import ApiRefusal
from api.people import Who, address_of, by_cookie, cookie_name
from api.present_people import session_resource
from api.resources_accounts import PasswordWish, SignIn, SignInCode
from api.stream import HUB
from api.trail import tell
from storage.accounts import rules
from storage.accounts.hashing import BusyError
from storage.accounts.rows import AccountRow, SessionRow
from storage.accounts.secrets import digest_of, new_secret
from storage.views.tables import plain


async def post_session(request: web.Request) -> web.Response:
    """Sign in with login and password, or with a code for one sign-in: 201 Session, and the session's cookie.

    An unknown login, a wrong password and an account that has none get the same answer after the same time.

    Raises:
        ApiRefusal: 401 sign_in_failed, code_invalid; 403 account_disabled; 429 too_many_attempts, sign_in_busy.
    """
    wish = await wish_of(request, SignIn)
    proof: str | None = None
    if wish.code is not None and wish.login is None and wish.password is None:
        account = await _by_code(request, wish.code)
    elif wish.code is None and wish.login is not None and wish.password is not None:
        account = await _by_password(request, wish.login, wish.password)
        proof = account.password
    else:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "sign_in_incomplete")
    secret, who = await _begin(request, account, proof)
    if (before := await by_cookie(request)) is not None:
        await _end(request, before)
    await tell(request, who, "allowed", about=account.id)
    response = json_answer(session_resource(who), HTTPStatus.CREATED)
    _set_cookie(request, response, secret)
    return response


async def _by_password(request: web.Request, login: str, password: str) -> AccountRow:
    deps = deps_of(request)
    attempt = attempts.to_sign_in(request, login)
    account = await deps.accounts.by_login(login)
    try:
        right, newer = await deps.passwords.check(account.password if account is not None else "", password)
    except BusyError as error:
        raise busy() from error
    over = account is not None and account.once_until is not None and deps.clock() >= account.once_until
    if account is None or not right or over:
        await tell(request, None, "failed", about=account.id if account is not None else "")
        raise ApiRefusal(HTTPStatus.UNAUTHORIZED, "sign_in_failed")
    if not account.active:
        await tell(request, None, "denied", about=account.id)
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "account_disabled")
    attempt.succeeded()
    if newer is not None:
        await deps.accounts.rehash(account.id, old=account.password, new=newer)
        return replace(account, password=newer)
    return account


async def _by_code(request: web.Request, code: str) -> AccountRow:
    deps = deps_of(request)
    attempt = attempts.with_code(request)
    account = await deps.accounts.use_code(digest_of(code), deps.clock())
    if account is None:
        await tell(request, None, "failed")
        raise ApiRefusal(HTTPStatus.UNAUTHORIZED, "code_invalid")
    attempt.succeeded()
    return account


async def _begin(request: web.Request, account: AccountRow, proof: str | None) -> tuple[str, Who]:
    """A new session: its secret, and who asks with it. `proof`: the hash that must still be the account's.

    Raises:
        ApiRefusal: 401 sign_in_failed: meanwhile it is another one, or the account was put out of use.
    """
    deps, secret = deps_of(request), new_secret()
    now = deps.clock()
    session = SessionRow(
        id=deps.new_id(),
        account_id=account.id,
        digest=digest_of(secret),
        created_at=now,
        seen_at=now,
        client=_shown(request.headers.get("User-Agent", "")),
        address=plain(address_of(request)),
    )
    if not await deps.accounts.add_session(session, password=proof):
        await tell(request, None, "failed", about=account.id)
        raise ApiRefusal(HTTPStatus.UNAUTHORIZED, "sign_in_failed")
    return secret, Who(account, rules.permissions(account.role), session=session)


def _shown(client: str) -> str:
    return "".join(each for each in client if each.isprintable())[: rules.CLIENT_CHARS_MAX]


def _set_cookie(request: web.Request, response: web.Response, secret: str) -> None:
    """Give the cookie, or with no secret take it away."""
    over_tls = deps_of(request).doors.over_tls
    age_s = int(rules.LIFE.total_seconds()) if secret else 0
    response.set_cookie(
        cookie_name(request), secret, max_age=age_s, path="/", httponly=True, samesite="Lax", secure=over_tls
    )


async def delete_session(request: web.Request) -> web.Response:
    """Sign out: 204. The session, its streams and its cookie end at once; of a token nothing is ended here."""
    who = actor_of(request)
    response = web.Response(status=HTTPStatus.NO_CONTENT)
    if who.session is not None:
        await _end(request, who)
        _set_cookie(request, response, "")
    return response


async def _end(request: web.Request, who: Who) -> None:
    await deps_of(request).accounts.end_session(who.id, who.proof_id)
    request.app[HUB].end(who.proof_id)


async def delete_other_session(request: web.Request) -> web.Response:
    """End one of the person's own sessions: 204."""
    who, id_ = actor_of(request), id_of(request, "session")
    if not await deps_of(request).accounts.end_session(who.id, id_):
        raise unknown("session", id_)
    request.app[HUB].end(id_)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def put_password(request: web.Request) -> web.Response:
    """Another password for the person who asks: 204. All other sessions end.

    Raises:
        ApiRefusal: 403 password_wrong, 422 for one that the rules refuse, 429 too_many_attempts.
    """
    deps, wish, who = deps_of(request), await wish_of(request, PasswordWish), actor_of(request)
    if who.account.password:
        attempt = attempts.to_sign_in(request, who.account.login)
        try:
            right, _ = await deps.passwords.check(who.account.password, wish.old or "")
        except BusyError as error:
            raise busy() from error
        if not right:
            raise ApiRefusal(HTTPStatus.FORBIDDEN, "password_wrong")
        attempt.succeeded()
    new = checked(lambda: rules.checked_password(wish.new, who.account.login))
    if wish.old is not None and new == wish.old:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "password_unchanged")
    if not await deps.accounts.set_password(
        who.id, await hashed(deps, new), old=who.account.password, but=who.proof_id
    ):
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "password_wrong")
    request.app[HUB].end(who.id, but=who.proof_id)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def post_code(request: web.Request) -> web.Response:
    """A code with which a browser is signed in once, as the person who asks: 201 SignInCode.

    Raises:
        ApiRefusal: 403 sign_in_links_off: a server for many people gives none.
    """
    if not deps_of(request).doors.sign_in_links:
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "sign_in_links_off")
    deps, who, code = deps_of(request), actor_of(request), new_secret()
    expires_at = deps.clock() + rules.SIGN_IN_CODE_LIFE
    await deps.accounts.add_code(digest_of(code), account_id=who.id, expires_at=expires_at)
    return json_answer(SignInCode(code=code, expires_at=expires_at), HTTPStatus.CREATED)
