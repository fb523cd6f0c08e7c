"""POST /accounts: who comes in for the first time; PATCH and passwords by admins; tokens of the person who asks."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web

from api import attempts
from api.answers import id_of, json_answer, unknown, wish_of
from api.auth import actor_of
from api.commands import flow
from api.deps import Deps, deps_of
from api.errors import RETRY_AFTER_S, ApiRefusal
from api.present_people import account_resource, token_resource
from api.resources_accounts import AccountEdit, AccountWish, NewToken, OneTimePassword, TokenWish
from api.stream import HUB
from api.trail import ABOUT, tell
from schemas.values import Code
from storage.accounts import rules
from storage.accounts.hashing import BusyError
from storage.accounts.port import AccountChangedError, LastAdminError, LoginTakenError, TooManyTokensError
from storage.accounts.rows import AccountRow, TokenRow
from storage.accounts.rules import RuleError
from storage.accounts.secrets import TokenText, digest_of, new_password, new_secret, token_text

T = TypeVar("T")


async def post_account(request: web.Request) -> web.Response:
    """Make oneself an account: 201 Account. With the setup token that the server printed it is the first admin.

    Raises:
        ApiRefusal: 403 registration_closed, setup_token_invalid; 409 login_taken; 422 for what the rules refuse;
            429 too_many_attempts, sign_in_busy.
    """
    deps, wish = deps_of(request), await wish_of(request, AccountWish)
    if wish.setup_token is None and not deps.doors.registration:
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "registration_closed")
    attempt = attempts.to_register(request) if wish.setup_token is None else attempts.with_code(request)
    login = checked(lambda: rules.checked_login(wish.login))
    name = checked(lambda: rules.checked_name(wish.name if wish.name is not None else login))
    password = checked(lambda: rules.checked_password(wish.password, login))
    account = AccountRow(
        id=deps.new_id(),
        login=login,
        name=name,
        role=deps.doors.new_role if wish.setup_token is None else "admin",
        password=await hashed(deps, password),
        created_at=deps.clock(),
    )
    try:
        if wish.setup_token is None:
            await deps.accounts.add(account)
        elif not await deps.accounts.add_first_admin(account, digest_of(wish.setup_token), deps.clock()):
            await tell(request, None, "failed")
            raise ApiRefusal(HTTPStatus.FORBIDDEN, "setup_token_invalid")
        else:
            attempt.succeeded()
    except LoginTakenError as error:
        raise ApiRefusal(HTTPStatus.CONFLICT, "login_taken", login=login) from error
    await tell(request, None, "allowed", about=account.id)
    made = account_resource(account)
    return json_answer(made, HTTPStatus.CREATED, {"ETag": made.etag})


async def patch_account(request: web.Request) -> web.Response:
    """Another role or name for somebody, or whether they may sign in (If-Match): 200 Account.

    A changed role, and being put out of use, end the person's sessions. The last admin stays one.
    """
    deps, id_ = deps_of(request), id_of(request, "account")
    wish = flow.something(await wish_of(request, AccountEdit))
    row = await deps.accounts.account(id_)
    if row is None:
        raise unknown("account", id_)
    revision = flow.expected_revision(request, row.revision)
    asked = wish.name
    name = checked(lambda: rules.checked_name(asked)) if asked is not None else None
    try:
        changed = await deps.accounts.change(id_, revision=revision, role=wish.role, active=wish.active, name=name)
    except AccountChangedError as error:
        raise ApiRefusal(HTTPStatus.PRECONDITION_FAILED, flow.STALE, expected=revision, actual=row.revision) from error
    except LastAdminError as error:
        raise ApiRefusal(HTTPStatus.CONFLICT, "last_admin", login=row.login) from error
    if changed is None:
        raise unknown("account", id_)
    deps.names.forget(id_)
    if changed.role != row.role or not changed.active:
        request.app[HUB].end(id_)
    shown = account_resource(changed)
    return json_answer(shown, HTTPStatus.OK, {"ETag": shown.etag})


async def post_password(request: web.Request) -> web.Response:
    """Set a password for somebody who forgot theirs: 201 OneTimePassword. The person's sessions end."""
    deps, id_ = deps_of(request), id_of(request, "account")
    row = await deps.accounts.account(id_)
    if row is None:
        raise unknown("account", id_)
    password, expires_at = new_password(), deps.clock() + rules.ONE_TIME
    await deps.accounts.set_password(id_, await hashed(deps, password), once_until=expires_at)
    request.app[HUB].end(id_)
    return json_answer(OneTimePassword(password=password, expires_at=expires_at), HTTPStatus.CREATED)


async def post_token(request: web.Request) -> web.Response:
    """Make a token for programs of the person who asks: 201 NewToken, with the only look at its text.

    Raises:
        ApiRefusal: 409 tokens_too_many; 422 for a name, a scope or an end that the rules refuse.
    """
    deps, who, wish = deps_of(request), actor_of(request), await wish_of(request, TokenWish)
    now, said = deps.clock(), TokenText(deps.new_id(), new_secret())
    token = TokenRow(
        id=said.id,
        account_id=who.id,
        digest=digest_of(said.secret),
        name=checked(lambda: rules.checked_name(wish.name, rules.TOKEN_NAME_CHARS_MAX)),
        scopes=checked(lambda: rules.checked_scopes(wish.scopes, who.may)),
        created_at=now,
        expires_at=checked(lambda: rules.token_end(now, wish.expires_at)),
    )
    try:
        await deps.accounts.add_token(token)
    except TooManyTokensError as error:
        raise ApiRefusal(HTTPStatus.CONFLICT, "tokens_too_many", max=rules.TOKENS_MAX) from error
    request[ABOUT] = token.id
    shown = token_resource(token)
    made = NewToken(**{name: getattr(shown, name) for name in shown.__struct_fields__}, text=token_text(said))
    return json_answer(made, HTTPStatus.CREATED)


async def delete_token(request: web.Request) -> web.Response:
    """Revoke a token of the person who asks: 204. It ends at once, with its streams."""
    who, id_ = actor_of(request), id_of(request, "token")
    if not await deps_of(request).accounts.end_token(who.id, id_):
        raise unknown("token", id_)
    request.app[HUB].end(id_)
    return web.Response(status=HTTPStatus.NO_CONTENT)


def checked(rule: Callable[[], T]) -> T:
    """What a rule makes of a wish.

    Raises:
        ApiRefusal: 422 with the rule's own code.
    """
    try:
        return rule()
    except RuleError as error:
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, Code(error.code, error.params)) from error


async def hashed(deps: Deps, password: str) -> str:
    """The hash to be kept; raises `ApiRefusal` 429 where too many are made."""
    try:
        return await deps.passwords.hash(password)
    except BusyError as error:
        raise busy() from error


def busy() -> ApiRefusal:
    """Too many passwords are being checked."""
    again = {"Retry-After": str(RETRY_AFTER_S)}
    return ApiRefusal(HTTPStatus.TOO_MANY_REQUESTS, "sign_in_busy", headers=again)
