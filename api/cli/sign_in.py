"""`mo login`, `logout`, `whoami` and `passwd`: who the commands after them ask as."""

from __future__ import annotations

import getpass
import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import Cell, Sheet, emit, facts, when
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from api.resources_accounts import Session as SignedIn

DAYS, DAYS_MAX = 90, 365
TOKEN_NAME_CHARS_MAX = 64
LINE_CHARS_MAX = 4096
VARIABLE = "MO_TOKEN"

Days = Annotated[int, typer.Option("--days", min=1, max=DAYS_MAX, help="option.days")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="option.password_stdin")]


def login(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="LOGIN", help="argument.login")] = "",
    password_stdin: FromStdin = False,
    days: Days = DAYS,
) -> None:
    """Sign in: a token is kept for the API's address, the password is not."""
    from api.client.credentials import keep

    session = session_of(context)
    name = name or _asked(session, "text.login_ask")
    password = _line() if password_stdin else _secret(session, "text.password_ask")
    made = session.client.me.sign_in(
        name, password, name=f"mo login, {platform.node()}"[:TOKEN_NAME_CHARS_MAX], expires_at=end_in(days)
    )
    _forget(session)
    path = keep(session.client.api_url, made.token.text, session.environ)
    _show(session, session.client.me.who())
    session.mention("text.signed_in", path=path, until=when(made.token.expires_at))
    if session.environ.get(VARIABLE):
        session.tell("text.variable_first", variable=VARIABLE)
    if made.session.password_change_needed:
        session.tell("text.password_once")
        if not password_stdin:
            session.client.me.set_password(_new_password(session), password)
            session.mention("text.password_set")


def logout(context: typer.Context) -> None:
    """Forget the token that `mo login` kept, and revoke it."""
    session = session_of(context)
    session.mention("text.signed_out" if _forget(session) else "text.not_signed_in")


def whoami(context: typer.Context) -> None:
    """Who the commands ask as, and what they may."""
    session = session_of(context)
    _show(session, session.client.me.who())


def passwd(context: typer.Context, password_stdin: FromStdin = False) -> None:
    """Another password; all browsers are signed out."""
    session = session_of(context)
    if password_stdin:
        old, new = _line(), _line()
    else:
        old, new = _secret(session, "text.password_old_ask"), _new_password(session)
    session.client.me.set_password(new, old or None)
    session.mention("text.password_set")


def end_in(days: int) -> datetime | None:
    """When a token ends that is made now; None is as late as the server lets it."""
    return None if days == DAYS_MAX else datetime.now(UTC) + timedelta(days=days)


def role_word(session: Session, role: str) -> str:
    """What a role is called."""
    from api.texts.accounts import ROLES

    return ROLES[session.lang].get(role, role)


def permission_words(session: Session, permissions: Iterable[str]) -> str:
    """What may be done, in words."""
    return session.say("text.comma").join(session.say(f"permission.{each}") for each in permissions)


def _show(session: Session, who: SignedIn) -> None:
    account = who.account
    rows: list[tuple[str, str | Cell]] = [
        ("api_url", session.client.api_url),
        ("login", account.login),
        ("name", account.name),
        ("role", role_word(session, account.role)),
        ("permissions", permission_words(session, who.permissions)),
        ("expires", when(who.expires_at)),
    ]
    notes = [session.say("text.password_once")] if who.password_change_needed else []
    sheet: Sheet = facts(session, session.say("title.whoami"), rows)
    emit(session, who, sheet._replace(notes=notes))


def _forget(session: Session) -> bool:
    """Forget what is kept for the address and revoke it, with itself as the proof; whether anything was kept."""
    from api.client.credentials import forget
    from api.client.errors import ClientError

    token = forget(session.client.api_url, session.environ)
    try:
        session.client.me.end(token)
    except ClientError as error:
        session.tell("text.not_revoked", error=error)
    return bool(token)


def _new_password(session: Session) -> str:
    new = _secret(session, "text.password_new_ask")
    if _secret(session, "text.password_again_ask") != new:
        raise UsageError("usage.passwords_differ")
    return new


def _asked(session: Session, key: str) -> str:
    _need_terminal()
    return str(typer.prompt(session.say(key), err=True))


def _secret(session: Session, key: str) -> str:
    """A line from the terminal that is not shown there."""
    _need_terminal()
    return getpass.getpass(f"{session.say(key)}: ")


def _line() -> str:
    return sys.stdin.readline(LINE_CHARS_MAX).removesuffix("\n").removesuffix("\r")


def _need_terminal() -> None:
    if not sys.stdin.isatty():
        raise UsageError("usage.password_terminal")
